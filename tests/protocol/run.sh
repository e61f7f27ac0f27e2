#!/usr/bin/env bash
# Durable Streams conformance, published clients, Python's requests, node:http2 and differential tests against a real server process.
# usage: tests/protocol/run.sh [conformance|client|eventsource|signalr|ws|http2|requests|examples|differential]... [--seed N] [--operations N]
#        tests/protocol/run.sh --url URL    conformance of a server that runs already, with a long-poll timeout of 4 s
# The last line counts: "N passed, N failed, N skipped".
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
repository=$(cd "$here/../.." && pwd)

suites=()
while [ $# -gt 0 ]; do
  case $1 in
    --seed) export EVENTCLUSTER_SEED=$2; shift 2 ;;
    --operations) export EVENTCLUSTER_OPERATIONS=$2; shift 2 ;;
    --url) export EVENTCLUSTER_URL=$2; suites=(conformance.test.mjs); shift 2 ;;
    conformance | client | eventsource | signalr | ws | http2 | requests | examples | differential) suites+=("$1.test.mjs"); shift ;;
    *) sed -n '2,5s/^# //p' "$0" >&2; exit 2 ;;
  esac
done

if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
  echo "Node.js 20 or newer with npm is needed: apt-get install -y nodejs npm"
  echo "0 passed, 0 failed, 1 skipped"
  exit 0
fi

# Without it the tests of requests are skipped, and say so.
if command -v python3 >/dev/null && ! python3 -c 'import requests' 2>/dev/null; then
  "$repository/infra/install-packages.sh" python3-requests || true
fi

. "$here/lib/prepare.sh"
prepare_npm "$here"
[ -n "${EVENTCLUSTER_URL:-}" ] || prepare_server "$repository"

report=$(mktemp)
export EVENTCLUSTER_PID_FILE=$(mktemp)
trap 'end_servers; rm -f "$report" "$EVENTCLUSTER_PID_FILE"' EXIT
cd "$here"
status=0
node_modules/.bin/vitest run --reporter=default --reporter=json --outputFile.json="$report" "${suites[@]}" </dev/null || status=$?
node lib/count.mjs "$report" "$status"
