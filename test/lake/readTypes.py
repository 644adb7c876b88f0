"""Reads a table with a column of each type by pyiceberg and ClickHouse, and tells each column that is not what DuckDB's file holds."""

import json
import os
import sys
import tempfile

import duckdb

spec = json.load(sys.stdin)


def quoted(name):
    return '"' + name.replace('"', '""') + '"'


def text_of(engine, column, name):
    if column["duckdb"] == "BLOB":
        return name if engine == "clickhouse" else "hex(%s)" % name
    return "CAST(CAST(%s AS %s) AS VARCHAR)" % (name, column["duckdb"])


def compare(engine, relation):
    """relation: what DuckDB reads the engine's rows from, sorted by key."""
    session = duckdb.connect()
    session.sql("SET TimeZone = 'UTC'")
    bad = 0
    for column in spec["columns"]:
        name = quoted(column["name"])
        try:
            rows = [one[0] for one in session.sql('SELECT %s FROM %s ORDER BY "no."' % (text_of(engine, column, name), relation)).fetchall()]
        except Exception as error:  # The engine's type cannot even be read as ours.
            rows = str(error).split("\n")[0]
        want = [row[column["name"]] for row in spec["expected"]]
        if engine == "clickhouse" and column["duckdb"].endswith("[]"):
            # It has no list that is NULL, and reads an empty one (docs/lake.md).
            want = ["[]" if value is None else value for value in want]
        if rows != want:
            bad += 1
            print("types: %s DIFFERS for %s: %s, not %s" % (engine, column["postgres"], json.dumps(rows), json.dumps(want)))
    if bad == 0:
        print("types: %s equal (%d types)" % (engine, len(spec["columns"])))


def pyiceberg(folder):
    import pyarrow.parquet
    from pyiceberg.table import StaticTable

    file = os.path.join(folder, "pyiceberg.parquet")
    pyarrow.parquet.write_table(StaticTable.from_metadata(spec["metadata"]).scan().to_arrow(), file)
    compare("pyiceberg", "read_parquet('%s')" % file)


def clickhouse(folder):
    import chdb

    os.chdir("/")
    file = os.path.join(folder, "clickhouse.parquet")
    with open(file, "wb") as out:
        # Uuids and bytes as texts: its Parquet has forms of its own for them.
        columns = []
        for column in spec["columns"]:
            name = "`" + column["name"].replace("\\", "\\\\").replace("`", "\\`") + "`"
            if column["iceberg"] == "uuid":
                columns.append("toString(%s) AS %s" % (name, name))
            elif column["iceberg"] == "list<uuid>":
                columns.append("arrayMap(x -> toString(x), %s) AS %s" % (name, name))
            elif column["iceberg"] == "binary":
                columns.append("hex(%s) AS %s" % (name, name))
            else:
                columns.append(name)
        sql = "SELECT `no.`, %s FROM icebergLocal('%s') SETTINGS output_format_parquet_string_as_string = 1" % (", ".join(columns), spec["place"])
        out.write(chdb.query(sql, "Parquet").bytes())
    compare("clickhouse", "read_parquet('%s')" % file)


with tempfile.TemporaryDirectory() as folder:
    for engine in (pyiceberg, clickhouse):
        try:
            engine(folder)
        except ImportError as error:
            print("types: %s skipped: %s" % (engine.__name__, error))
        except Exception as error:
            print("types: %s DIFFERS: it refuses the table: %s" % (engine.__name__, str(error).split("\n")[0][:500]))
