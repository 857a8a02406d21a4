#!/bin/sh
# switch.sh TAG: try a version that release.sh prepared, then put it in use; the same command goes back to an older one.
# The warehouse is built and served on a spare port by that version before anything in use changes.
set -eu
umask 077
CODE=${CODE:-/opt/optimedia}
DATA=${DATA:-/var/lib/optimedia}
SETTINGS=${SETTINGS:-/etc/optimedia}
CACHE=${CACHE:-/var/cache/optimedia}
SERVICE_USER=${SERVICE_USER:-optimedia}
SPARE_PORT=${SPARE_PORT:-8599}
PORT=${PORT:-8501}
STOP=${STOP:-systemctl stop optimedia-build.timer optimedia-build.service optimedia.service}
START=${START:-systemctl start optimedia.service optimedia-build.timer}
here=$(cd "$(dirname "$0")" && pwd)
tag=$1
release=$CODE/releases/$tag
next=$DATA/next.duckdb
test -x "$release/.venv/bin/python" || { echo "$release is not ready: release.sh $tag" >&2; exit 1; }
trial=
log=$(mktemp)

set -a
. "$SETTINGS/optimedia.env"
set +a
unset OPTIMEDIA_WITHOUT_LOGIN OPTIMEDIA_JOURNAL
export HOME="$CACHE" PYTHONDONTWRITEBYTECODE=1

healthy() {
    tries=0
    until [ "$(curl --silent --max-time 2 "http://127.0.0.1:$1/_stcore/health")" = ok ]; do
        tries=$((tries + 1))
        if [ "$tries" -ge 60 ]; then return 1; fi
        sleep 1
    done
}
finish() {
    if [ -n "$trial" ]; then kill "$trial" 2> /dev/null || true; fi
    rm -f "$DATA"/next.* "$log"
}
trap finish EXIT
trap 'exit 1' HUP INT TERM

cd "$release"
as_service="setpriv --reuid $SERVICE_USER --regid $SERVICE_USER --init-groups --no-new-privs --"
$as_service .venv/bin/python -m pipelines build --warehouse "$next"
OPTIMEDIA_WAREHOUSE=$next $as_service .venv/bin/python -m streamlit run app.py --server.address 127.0.0.1 \
    --server.port "$SPARE_PORT" --server.headless true --server.fileWatcherType none \
    --browser.gatherUsageStats false --secrets.files "$SETTINGS/secrets.toml" > "$log" 2>&1 &
trial=$!
refuse() {
    tail -n 20 "$log" >&2
    echo "$1: nothing was changed" >&2
    exit 1
}
healthy "$SPARE_PORT" || refuse "$tag does not start"
.venv/bin/python "$here/probe.py" "http://127.0.0.1:$SPARE_PORT" > /dev/null \
    || refuse "$tag fails, or shows something to a visitor who has not signed in"
kill "$trial"
wait "$trial" 2> /dev/null || true
trial=

before=$(readlink "$CODE/current" 2> /dev/null || true)
$STOP
mv "$next" "$OPTIMEDIA_WAREHOUSE"
ln -sfn "releases/$tag" "$CODE/.current.new"
mv -T "$CODE/.current.new" "$CODE/current"
$START
healthy "$PORT" || { echo "$tag was put in use and does not answer; before: $before" >&2; exit 1; }
echo "In use: $tag; before: ${before:-none}"
