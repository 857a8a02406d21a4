#!/bin/sh
# restore.sh ARCHIVE FOLDER: unpack a backup into an empty folder, check every file of it, and build a warehouse there.
# Nothing in use is touched: docs/deployment.md says how to put the folder in place.
set -eu
umask 077
CODE=${CODE:-/opt/optimedia}
archive=$1
folder=$2

mkdir -p "$folder"
if [ -n "$(ls -A "$folder")" ]; then echo "$folder is not empty" >&2; exit 1; fi
tar -C "$folder" -xzf "$archive" --strip-components=1 --no-same-owner
(cd "$folder" && sha256sum --check --quiet SHA256SUMS)
for file in "$folder"/*.sqlite; do
    test -e "$file" || continue
    "$CODE/current/.venv/bin/python" - "$file" <<'PYTHON'
import sqlite3, sys
from contextlib import closing
with closing(sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True)) as trail:
    assert trail.execute("pragma integrity_check").fetchone() == ("ok",)
    for (table,) in trail.execute("select name from sqlite_schema where type = 'table' and name not like 'sqlite_%'"):
        print(table, trail.execute(f'select count(*) from "{table}"').fetchone()[0], "rows")
PYTHON
done
cd "$CODE/current"
.venv/bin/python -m pipelines build --territory "$folder/territory" --raw "$folder/exports" \
    --warehouse "$folder/optimedia.duckdb"
echo "Made by release $(cat "$folder/release.txt"), restored into $folder"
