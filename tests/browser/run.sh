#!/usr/bin/env bash
# Chromium's own EventSource and WebSocket, also over HTTP/2, and the start page, driven by playwright-core, against a real
# server process.
# The last line counts: "N passed, N failed, N skipped".
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
repository=$(cd "$here/../.." && pwd)
tests=$(grep -c '^test(' "$here"/*.test.mjs | awk -F: '{ n += $NF } END { print n }')

skip() {
  echo "skipped: $1"
  echo "0 passed, 0 failed, $tests skipped"
  exit 0
}

if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
  skip "Node.js 20 or newer with npm is needed: apt-get install -y nodejs npm"
fi

chromium=${EVENTCLUSTER_CHROMIUM:-/usr/bin/chromium}
if [ ! -x "$chromium" ]; then
  "$repository/infra/install-packages.sh" chromium || skip "Chromium is needed (apt-get install -y --no-install-recommends chromium)"
fi

. "$here/../protocol/lib/prepare.sh"
prepare_npm "$here"
prepare_server "$repository"

report=$(mktemp)
export EVENTCLUSTER_PID_FILE=$(mktemp) EVENTCLUSTER_CHROMIUM=$chromium
trap 'end_servers; rm -f "$report" "$EVENTCLUSTER_PID_FILE"' EXIT
status=0
(cd "$here" && timeout --kill-after=10 300 node --test --test-reporter=spec --test-reporter-destination=stdout \
  --test-reporter=tap --test-reporter-destination="$report" *.test.mjs) </dev/null || status=$?
number() { awk -v key="$1" '$1 == "#" && $2 == key { n = $3 } END { print n + 0 }' "$report"; }
passed=$(number pass) failed=$(number fail) skipped=$(number skipped)
if [ "$status" -ne 0 ] && [ "$failed" -eq 0 ]; then
  failed=1
fi
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
