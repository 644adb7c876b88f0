"""ClickHouse in this process. Reads a JSON document from stdin: statements, and prints the rows of the last one, as texts."""

import json
import os
import sys

statements = json.load(sys.stdin)["statements"]
from chdb.session import Session

# It reads only what lies below its working folder.
os.chdir("/")
session = Session()
for statement in statements[:-1]:
    session.query(statement)
print("rows " + json.dumps(json.loads(str(session.query(statements[-1], "JSONCompactStrings")))["data"]))
