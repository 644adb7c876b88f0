"""One session of Spark, of several processes. Reads a JSON document a line (SQL), and answers with a line each (its rows, as texts)."""

import json
import sys

from pyspark.sql import SparkSession

place = json.loads(sys.stdin.readline())
builder = (
    SparkSession.builder.master("local-cluster[2,1,768]")
    .config("spark.jars", place["jar"])
    .config("spark.sql.session.timeZone", "UTC")
    .config("spark.ui.enabled", "false")
    .config("spark.ui.showConsoleProgress", "false")
    .config("spark.driver.memory", "600m")
    .config("spark.executor.memory", "600m")
    .config("spark.sql.shuffle.partitions", "2")
)
for name, root in place["lakes"].items():
    catalog = "spark.sql.catalog." + name
    builder = (
        builder.config(catalog, "org.apache.iceberg.spark.SparkCatalog")
        .config(catalog + ".type", "hadoop")
        .config(catalog + ".warehouse", root)
        # What is asked for is what lies there now.
        .config(catalog + ".cache-enabled", "false")
    )
session = builder.getOrCreate()
session.sparkContext.setLogLevel("ERROR")

for line in sys.stdin:
    try:
        rows = session.sql(json.loads(line)["sql"]).collect()
        result = {"rows": [[str(value) for value in row] for row in rows]}
    except Exception as error:
        result = {"error": str(error)[:2000]}
    print("answer " + json.dumps(result), flush=True)
session.stop()
