"""Imports an inbox of bank files, syncs the DuckDB file, and validates it: three tasks of one DAG.

Settings are Airflow variables, or stay at their defaults:
  finance_db_program   the program (default: finance-db on the PATH of the worker)
  finance_db_home      FINANCE_DB_HOME
  finance_db_inbox     the folder that bank files are put into
DATABASE_URL comes from the environment of the worker, or from the .env of finance_db_home given by finance_db_env_file.
"""

from __future__ import annotations

import subprocess
from datetime import timedelta

import pendulum
from airflow.decorators import dag, task
from airflow.exceptions import AirflowFailException
from airflow.models import Variable
from airflow.utils.trigger_rule import TriggerRule

# Exit codes of finance-db that another attempt does not mend: refused input or settings (2), damage found (5),
# values that cannot be represented (6). A file that an inbox has refused is in refused/ already: a second attempt
# would find nothing and hide it.
FINAL = {2, 5, 6}


def finance_db(*arguments: str) -> None:
    program = Variable.get("finance_db_program", default_var="finance-db")
    home = Variable.get("finance_db_home", default_var=None)
    env_file = Variable.get("finance_db_env_file", default_var=None)
    command = [program, *arguments]
    if home:
        command += ["--home", home]
    if env_file:
        command += ["--env-file", env_file]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    print(done.stdout)
    if done.returncode in FINAL:
        raise AirflowFailException(f"exit {done.returncode}: see the log above")
    if done.returncode != 0:
        raise RuntimeError(f"exit {done.returncode}: see the log above")


@dag(
    schedule="0 * * * *",
    start_date=pendulum.datetime(2026, 1, 1, tz="UTC"),
    catchup=False,
    # A second run at once would only find the inbox and the DuckDB file locked.
    max_active_runs=1,
    default_args={"retries": 3, "retry_delay": timedelta(minutes=2), "retry_exponential_backoff": True},
    tags=["finance-db"],
)
def finance_db_sync():
    @task(task_id="import")
    def import_inbox() -> None:
        finance_db("import", "--inbox", Variable.get("finance_db_inbox"))

    # What could not be imported keeps nobody from syncing what could: the failed task stays visible.
    @task(trigger_rule=TriggerRule.ALL_DONE)
    def sync() -> None:
        finance_db("sync", "--wait", "300")

    @task
    def validate() -> None:
        finance_db("validate")

    import_inbox() >> sync() >> validate()


dag_object = finance_db_sync()

if __name__ == "__main__":
    dag_object.test()
