"""Runs one peer: peer.py PEER MODE FILE. The last line of its output is JSON: seconds of CPU and peak of memory, children included."""

import json
import os
import resource
import subprocess
import sys

peer, mode, file = sys.argv[1:4]
url = os.environ["DATABASE_URL"].replace("postgres://", "postgresql://")
bin_folder = os.path.dirname(sys.executable)
result = {}


def run(*command, **env):
    done = subprocess.run(command, env={**os.environ, **env}, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{command[0]} ended with {done.returncode}: {(done.stdout + done.stderr)[-600:]}")


def extension():
    import duckdb
    import site

    connection = duckdb.connect(file)
    version = connection.execute("SELECT version()").fetchone()[0]
    (folder,) = [path for path in site.getsitepackages() if os.path.isdir(os.path.join(path, "duckdb_ext"))]
    connection.execute(f"LOAD '{folder}/duckdb_ext/extensions/{version}/linux_amd64/postgres_scanner.duckdb_extension'")
    connection.execute(f"ATTACH '{url}' AS source (TYPE postgres, READ_ONLY)")
    connection.execute("CREATE OR REPLACE TABLE main.transactions AS FROM source.public.transactions")
    connection.close()


def dlt_pipeline():
    import dlt
    from dlt.sources.sql_database import sql_table

    # created_at is the only column that tells of time; the full load notes where the next run has to begin.
    table = sql_table(
        credentials=url.replace("postgresql://", "postgresql+psycopg2://"),
        table="transactions",
        backend="pyarrow",
        chunk_size=100_000,
        incremental=dlt.sources.incremental("created_at"),
    )
    table.apply_hints(primary_key="tx_id")
    pipeline = dlt.pipeline(
        "peer", destination=dlt.destinations.duckdb(file), dataset_name="main", pipelines_dir=file + ".state"
    )
    pipeline.run(table, write_disposition="replace" if mode == "full" else "merge")


def ingestr():
    more = [] if mode == "full" else ["--incremental-strategy", "merge", "--incremental-key", "created_at"]
    run(
        os.path.join(bin_folder, "ingestr"), "ingest", "--yes",
        "--source-uri", url, "--source-table", "public.transactions",
        "--dest-uri", f"duckdb:///{file}", "--dest-table", "main.transactions",
        "--primary-key", "tx_id", "--progress", "log", *more,
        DISABLE_TELEMETRY="true", RUNTIME__DLTHUB_TELEMETRY="false",
    )  # fmt: skip


def sling():
    from duckdb_cli import __file__ as duckdb_package
    from sling_linux_amd64 import __file__ as package

    # It begins each conversation with "INSTALL json", which is built in; to be asked nevertheless, DuckDB would go to fetch it.
    # The usual way to give it rows, over HTTP, needs an extension that has to be fetched, too.
    program = file + ".duckdb-program"
    with open(program, "w") as script:
        duckdb = os.path.join(os.path.dirname(duckdb_package), "duckdb")
        script.write(f"#!/bin/sh\nsed -u 's/^INSTALL json; //' | '{duckdb}' \"$@\"\n")
    os.chmod(program, 0o755)
    more = ["--mode", "full-refresh"] if mode == "full" else ["--mode", "incremental", "--update-key", "created_at"]
    run(
        os.path.join(os.path.dirname(package), "bin", "sling-linux-amd64"), "run",
        "--src-conn", "SOURCE", "--src-stream", "public.transactions",
        "--tgt-conn", "TARGET", "--tgt-object", "main.transactions", "--primary-key", "tx_id", *more,
        SOURCE=url, TARGET=json.dumps({"type": "duckdb", "instance": file, "copy_method": "named_pipes"}),
        SLING_DISABLE_TELEMETRY="TRUE", DUCKDB_PATH=program,
    )  # fmt: skip


def reladiff():
    import reladiff as library
    from urllib.parse import parse_qs, urlsplit

    # Its own reading of an address knows no sockets.
    parts = urlsplit(url)
    query = parse_qs(parts.query)
    source = {
        "driver": "postgresql",
        "host": query.get("host", [parts.hostname])[0],
        "port": int(query.get("port", [parts.port or 5432])[0]),
        "user": parts.username,
        "password": parts.password or "",
        "database": parts.path[1:],
    }
    key, columns = "tx_id", tuple(mode.split(","))
    tables = [
        library.connect_to_table(info, name, key, extra_columns=columns)
        for info, name in ((source, "public.transactions"), (f"duckdb://{file}", "main.transactions"))
    ]
    result["differing"] = sum(1 for _ in library.diff_tables(*tables))


{"extension": extension, "dlt": dlt_pipeline, "ingestr": ingestr, "sling": sling, "reladiff": reladiff}[peer]()
usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
result["cpu"] = sum(usage.ru_utime + usage.ru_stime for usage in usages)
result["peak"] = max(usage.ru_maxrss for usage in usages) * 1024
print(json.dumps(result))
