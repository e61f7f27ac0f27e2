#!/usr/bin/env bash
# Measures EventCluster beside Nchan (Debian's package, messages in memory, 1 and 2 workers) and the npm Durable Streams
# server (in memory): same machine, same load generator, in turn. Prints the aims with met or missed.
# usage: benchmarks/peers/run.sh [--quick] [ARGUMENT OF THE BENCHMARK]...
#   --quick   small sizes, one round: shows that it works; its figures mean little
#   --set servers=eventcluster,bare,nchan1,nchan2,node   only these servers (bare: Kestrel without the product)
#   --set only=w1,w1-low,w2,w5,w6   only these workloads;  --seconds N --rounds N --json as for every benchmark
# Needs the .NET SDK, Node.js with npm, and nginx with libnginx-mod-nchan. As root on Debian it installs the packages that
# are missing, naming them first; otherwise it names them and ends. It starts every server itself and ends only those.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
repository=$(cd "$here/../.." && pwd)

arguments=()
while [ $# -gt 0 ]; do
  case $1 in
    --quick) arguments+=(--rounds 1 --seconds 1 --set clients=500 --set idle=1000 --set readers=200 --set streams=200 --set rate=2000) ;;
    -h | --help) sed -n '2,10s/^# //p' "$0"; exit 0 ;;
    *) arguments+=("$1") ;;
  esac
  shift
done

missing=()
command -v nginx >/dev/null && [ -e /usr/lib/nginx/modules/ngx_nchan_module.so ] || missing+=(nginx libnginx-mod-nchan)
command -v node >/dev/null || missing+=(nodejs)
command -v npm >/dev/null || missing+=(npm)
if [ ${#missing[@]} -gt 0 ]; then
  "$repository/infra/install-packages.sh" "${missing[@]}" || exit 2
fi

. "$repository/tests/protocol/lib/prepare.sh"
prepare_npm "$here"
dotnet build "$repository/benchmarks/EventCluster.Benchmarks" -c Release -v quiet -nologo -clp:NoSummary >&2
# 10,000 idle readers need as many sockets on each side.
ulimit -n "$(ulimit -Hn)"
exec dotnet "$repository/benchmarks/EventCluster.Benchmarks/bin/Release/net10.0/EventCluster.Benchmarks.dll" peers "${arguments[@]}"
