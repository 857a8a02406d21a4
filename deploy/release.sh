#!/bin/sh
# release.sh TAG: put a version beside the one in use, with an environment of its own. Nothing in use is touched.
set -eu
umask 022
CODE=${CODE:-/opt/optimedia}
PYTHON=${PYTHON:-python3}
tag=$1
new=$CODE/releases/$tag

if [ -e "$new" ]; then echo "$new exists already" >&2; exit 1; fi
git -C "$CODE/repository" rev-parse --quiet --verify "$tag^{commit}" > /dev/null || { echo "no version $tag" >&2; exit 1; }
work=$(mktemp -d "$CODE/releases/.new.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
chmod 755 "$work"
git -C "$CODE/repository" -c tar.umask=0022 archive --format=tar "$tag" | tar -x -C "$work"
mv "$work" "$new"
trap 'rm -rf "$new"' EXIT
"$PYTHON" -m venv "$new/.venv"
"$new/.venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r "$new/requirements.txt"
# The service can't write here: what the first start would write is written now.
cd "$new"
.venv/bin/python -c 'from dashboard import assets; assets.publish()'
.venv/bin/python -m compileall -q app.py dashboard pipelines
trap - EXIT
echo "$new is ready; in use: $(readlink "$CODE/current" 2> /dev/null || echo none)"
