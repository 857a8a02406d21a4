#!/bin/sh
# backup.sh: one dated archive of what can't be rebuilt: exports, settings of the territory, audit trail.
# Neither the secrets (kept apart) nor the warehouse (rebuilt) are in it. Archives older than KEEP_DAYS are deleted.
set -eu
umask 077
CODE=${CODE:-/opt/optimedia}
DATA=${DATA:-/var/lib/optimedia}
SETTINGS=${SETTINGS:-/etc/optimedia}
BACKUPS=${BACKUPS:-/var/backups/optimedia}
KEEP_DAYS=${KEEP_DAYS:-30}

test -d "$BACKUPS" || { echo "$BACKUPS does not exist" >&2; exit 1; }
name=optimedia-$(date -u +%Y%m%dT%H%M%SZ)
work=$(mktemp -d "$BACKUPS/.$name.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

mkdir "$work/$name"
cp -a "$DATA/exports" "$work/$name/exports"
cp -aL "$SETTINGS/territory" "$work/$name/territory"
cp -a "$SETTINGS/optimedia.env" "$work/$name/optimedia.env"
basename "$(readlink -f "$CODE/current")" > "$work/$name/release.txt"
for file in "$DATA"/*.sqlite; do
    case $file in */next.*) continue ;; esac
    test -e "$file" || continue
    # A copy made by SQLite itself: whole even while the dashboard writes.
    "$CODE/current/.venv/bin/python" - "$file" "$work/$name/$(basename "$file")" <<'PYTHON'
import sqlite3, sys
from contextlib import closing
with closing(sqlite3.connect(sys.argv[1])) as live, closing(sqlite3.connect(sys.argv[2])) as copy:
    live.backup(copy)
    copy.execute("pragma journal_mode = delete")
    assert copy.execute("pragma integrity_check").fetchone() == ("ok",)
PYTHON
done
(cd "$work/$name" && find . -type f ! -name SHA256SUMS -exec sha256sum {} + > SHA256SUMS)
tar -C "$work" -czf "$work/$name.tar.gz" "$name"
gzip -t "$work/$name.tar.gz"
mv "$work/$name.tar.gz" "$BACKUPS/$name.tar.gz"
find "$BACKUPS" -maxdepth 1 -name 'optimedia-*.tar.gz' -mtime "+$KEEP_DAYS" -delete
echo "$BACKUPS/$name.tar.gz"
