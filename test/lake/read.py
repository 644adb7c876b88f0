"""Reads a table of the lake with other engines. Given one JSON document on stdin, prints one: an answer an engine."""

import json
import os
import sys

spec = json.load(sys.stdin)
answers = {}
skipped = {}


def attempt(name, work):
    try:
        answers[name] = work()
    except ImportError as error:
        skipped[name] = str(error)


def row(values):
    return [str(value) for value in values]


def pyiceberg_by_path(place, options):
    from pyiceberg.table import StaticTable

    return pyiceberg(StaticTable.from_metadata(place, properties=options))


def pyiceberg_by_catalogue(url):
    from pyiceberg.catalog.sql import SqlCatalog

    catalogue = SqlCatalog("money", uri=url)
    assert ("public", "t") in catalogue.list_tables("public"), catalogue.list_tables("public")
    return pyiceberg(catalogue.load_table(("public", "t")))


def pyiceberg(table):
    import duckdb

    rows = table.scan().to_arrow()
    whole = duckdb.sql(spec["arrow_sql"]).fetchall()[0]
    month = table.scan(row_filter=spec["filter"])
    pruned = len(list(month.plan_files()))
    past = [table.scan(snapshot_id=s.snapshot_id).to_arrow().num_rows for s in table.metadata.snapshots]
    assert rows.num_rows == int(whole[0])
    return {"row": row(whole), "month": month.to_arrow().num_rows, "files": pruned, "past": past}


def duckdb_iceberg(place):
    import duckdb
    from duckdb_extensions import import_extension

    session = duckdb.connect()
    for name in ("avro", "iceberg"):
        import_extension(name, con=session)
    session.sql("CREATE VIEW rows AS FROM iceberg_scan('%s')" % place)
    return {"row": row(session.sql(spec["arrow_sql"]).fetchall()[0])}


sessions = []


def clickhouse(sql, collection=None):
    from chdb.session import Session

    if not sessions:
        # It reads only what lies below its working folder, and there is one session at a time.
        os.chdir("/")
        sessions.append(Session())
    if collection is not None:
        sessions[0].query("CREATE NAMED COLLECTION lake AS " + collection)
    return {"row": json.loads(str(sessions[0].query(sql, "JSONCompactStrings")))["data"][0]}


def trino(server):
    import urllib.request

    def ask(statement):
        headers = {"X-Trino-User": "finance-db", "X-Trino-Catalog": "lake", "X-Trino-Time-Zone": "UTC"}
        page = json.load(urllib.request.urlopen(urllib.request.Request(server + "/v1/statement", statement.encode(), headers)))
        rows = []
        while True:
            if "error" in page:
                raise RuntimeError(page["error"]["message"])
            rows += page.get("data", [])
            if "nextUri" not in page:
                return rows
            page = json.load(urllib.request.urlopen(page["nextUri"]))

    ask("CREATE SCHEMA IF NOT EXISTS lake.public")
    if ask("SELECT 1 FROM lake.information_schema.tables WHERE table_schema = 'public' AND table_name = 't'"):
        ask("CALL lake.system.unregister_table('public', 't')")
    ask("CALL lake.system.register_table('public', 't', '%s/public/t')" % spec["root"])
    month = ask("SELECT count(*), count(DISTINCT \"$path\") FROM lake.public.t WHERE \"at\" >= TIMESTAMP '2022-05-01' AND \"at\" < TIMESTAMP '2022-06-01'")[0]
    snapshots = ask('SELECT snapshot_id FROM lake.public."t$snapshots" ORDER BY committed_at')
    past = [ask("SELECT count(*) FROM lake.public.t FOR VERSION AS OF %s" % one[0])[0][0] for one in snapshots]
    whole = ask(spec["trino"].strip().rstrip(";"))[0]
    return {"row": row(whole), "month": month[0], "files": month[1], "past": past}


attempt("pyiceberg", lambda: pyiceberg_by_path(spec["metadata"], {}))
if "s3_metadata" in spec:
    attempt("pyiceberg on S3", lambda: pyiceberg_by_path(spec["s3_metadata"], spec["s3_options"]))
if "catalogue" in spec:
    attempt("pyiceberg by the catalogue", lambda: pyiceberg_by_catalogue(spec["catalogue"]))
attempt("DuckDB's iceberg extension", lambda: duckdb_iceberg(os.path.dirname(os.path.dirname(spec["metadata"]))))
attempt("clickhouse", lambda: clickhouse(spec["clickhouse"]))
if spec.get("clickhouse_s3"):
    keys = "access_key_id = 'a', secret_access_key = 'b'"
    attempt("clickhouse on S3", lambda: clickhouse(spec["clickhouse_s3"], keys))
if spec.get("trino_server"):
    attempt("trino", lambda: trino(spec["trino_server"]))
json.dump({"answers": answers, "skipped": skipped}, sys.stdout)
