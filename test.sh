#!/usr/bin/env bash
# Runs everything that can be tested on this machine: format, build, all test projects, the protocol and browser
# suites, simulation, crash and tiny benchmark runs. Works without a terminal, from any folder, on a fresh clone.
# Usage: ./test.sh [--quick] [PART ...]
#   --quick   the suites that need no server process, database, browser or npm package: an answer within 4 minutes
#   PART      runs only the suites whose names contain one of the parts (the build always runs)
# Suites run two at a time, except those that measure time or use both processors themselves.
set -uo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")" || exit 2
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1 CI=${CI:-true}
export npm_config_update_notifier=false npm_config_fund=false npm_config_audit=false
exec </dev/null

filter=src/EventCluster.SingleNode.slnf
logs=artifacts/test
mkdir -p "$logs"
is_quick=0
[ "${1:-}" = --quick ] && { is_quick=1; shift; }
case ${1:-} in
  -*) sed -n '2,7s/^# //p' "$0"; exit 2 ;;
esac

wanted=("$@")
passed=0 failed=0 skipped=0
pending=() failures=()

is_wanted() {
  [ ${#wanted[@]} -eq 0 ] && return 0
  local part
  for part in "${wanted[@]}"; do
    [[ $1 == *"$part"* ]] && return 0
  done
  return 1
}

# Finds the last count in a log, ours or xunit's, and leaves it in p, f and s; fails if there is none.
count() {
  local line
  line=$(grep -aE '[0-9]+ passed, [0-9]+ failed|Total: [0-9]+, Errors: [0-9]+, Failed: [0-9]+' "$1" | tail -n 1)
  if [[ $line =~ ([0-9]+)\ passed,\ ([0-9]+)\ failed(,\ ([0-9]+)\ skipped)? ]]; then
    p=${BASH_REMATCH[1]} f=${BASH_REMATCH[2]} s=${BASH_REMATCH[4]:-0}
  elif [[ $line =~ Total:\ ([0-9]+),\ Errors:\ ([0-9]+),\ Failed:\ ([0-9]+),\ Skipped:\ ([0-9]+),\ Not\ Run:\ ([0-9]+) ]]; then
    f=$((BASH_REMATCH[2] + BASH_REMATCH[3])) s=$((BASH_REMATCH[4] + BASH_REMATCH[5]))
    p=$((BASH_REMATCH[1] - f - s))
  else
    return 1
  fi
}

# run_suite NAME COMMAND...: runs it and leaves its count in a file. One that dies without a count, or counts nothing, has failed.
run_suite() {
  local name=$1 log=$logs/$1.log begun=$SECONDS code p=0 f=0 s=0
  shift
  "$@" >"$log" 2>&1
  code=$?
  if ! count "$log" || [ $((p + f + s)) -eq 0 ]; then
    f=$((f + 1))
    echo "$name ended with exit code $code without a count of its tests." >>"$log"
  elif [ $code -ne 0 ] && [ "$f" -eq 0 ]; then
    f=1
    echo "$name ended with exit code $code though it counted no failure." >>"$log"
  fi

  echo "$p $f $s $((SECONDS - begun))" >"$logs/$name.count.new"
  mv "$logs/$name.count.new" "$logs/$name.count"
}

# suite NAME COMMAND...: runs it beside another one.
suite() {
  is_wanted "$1" || return 0
  while [ ${#pending[@]} -ge 2 ]; do
    wait -n
    collect
  done

  rm -f "$logs/$1.count"
  run_suite "$@" &
  pending+=("$1")
}

# alone NAME COMMAND...: runs it with nothing beside it.
alone() {
  is_wanted "$1" || return 0
  drain
  suite "$@"
  drain
}

# Waits for the suites that run.
drain() {
  wait
  collect
}

# Adds up the suites that ended since the last call.
collect() {
  local name p f s seconds running=()
  for name in ${pending[@]+"${pending[@]}"}; do
    if [ ! -f "$logs/$name.count" ]; then
      running+=("$name")
      continue
    fi

    read -r p f s seconds <"$logs/$name.count"
    passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
    report "$name" "$seconds" "$p passed, $f failed, $s skipped"
    if [ "$f" -ne 0 ]; then
      failures+=("$name")
      explain "$logs/$name.log"
    elif [ "$s" -ne 0 ]; then
      grep -aE '^skipped: |apt-get install' "$logs/$name.log" | head -n 5 | sed 's/^/    /'
    fi
  done

  pending=(${running[@]+"${running[@]}"})
}

# Prints what a log says of each failed test, then the end of the log; both bounded.
explain() {
  echo "----- what failed in $1:"
  awk -f tests/failures.awk "$1"
  echo "----- the end of $1:"
  awk -v part=rest -f tests/failures.awk "$1" | tail -n 40
  echo "-----"
}

# gate NAME COMMAND...: must succeed; counts as one failure if it does not.
gate() {
  local name=$1 log=$logs/$1.log begun=$SECONDS
  shift
  if "$@" >"$log" 2>&1; then
    report "$name" $((SECONDS - begun)) "ok"
    return 0
  fi

  failed=$((failed + 1)) failures+=("$name")
  report "$name" $((SECONDS - begun)) "FAILED"
  tail -n 80 "$log"
  return 1
}

report() {
  printf '%-44s %5s s  %s\n' "$1" "$2" "$3"
}

finish() {
  local name
  drain
  echo
  # Again at the end: whoever keeps only that sees them too.
  for name in ${failures[@]+"${failures[@]}"}; do
    echo "failed in $name:"
    awk -v part=names -f tests/failures.awk "$logs/$name.log" | head -n 60
  done

  echo "total: $SECONDS s; logs in $logs"
  echo "$passed passed, $failed failed, $skipped skipped"
  [ "$failed" -eq 0 ]
  exit
}

# A test project is a program that runs itself; "dotnet test" around it costs seconds per project.
# The limits only end a hang.
dotnet_suite() {
  timeout 900 dotnet "$1/bin/Release/net10.0/$(basename "$1").dll" -noColor -noLogo "${@:2}"
}

# A seed's run has one thread: half of the seeds on each of two cores.
simulate() {
  local program=tests/EventCluster.Simulation/bin/Release/net10.0/EventCluster.Simulation.dll half=$(($1 / 2))
  timeout 600 dotnet "$program" --seed 1 --seeds $half >"$logs/simulation-1.log" 2>&1 &
  timeout 600 dotnet "$program" --seed $((half + 1)) --seeds $half >"$logs/simulation-2.log" 2>&1
  wait
  cat "$logs"/simulation-[12].log
  # A half that died without a count leaves its seeds uncounted: they have failed.
  awk -v all=$((half * 2)) '/^[0-9]+ passed, [0-9]+ failed/ { p += $1 } END { printf "%d passed, %d failed\n", p, all - p; exit p < all }' \
    "$logs"/simulation-[12].log
}

# Real processes need PostgreSQL and nginx, which are installed as root on Debian; elsewhere the log says what to run.
local_cluster() {
  infra/postgres.sh install && infra/local-cluster.sh install && return
  echo "0 passed, 0 failed, 1 skipped"
  return 1
}

failover() {
  local_cluster || return 0
  timeout 600 dotnet tests/EventCluster.Failover/bin/Release/net10.0/EventCluster.Failover.dll "$@"
}

# A network of namespaces needs root and iproute2.
partitions() {
  infra/postgres.sh install || { echo "0 passed, 0 failed, 1 skipped"; return 0; }
  command -v ip >/dev/null || infra/install-packages.sh iproute2 || true
  timeout 600 dotnet tests/EventCluster.Failover/bin/Release/net10.0/EventCluster.Failover.dll partitions "$@"
}

# Samples: the complete runs are cases of tests/soak.sh.
faults() {
  timeout 600 dotnet tests/EventCluster.Faults/bin/Release/net10.0/EventCluster.Faults.dll "$@"
}

crash_points() {
  command -v strace >/dev/null || infra/install-packages.sh strace || true
  faults crash-points --cases 12
}

exhaust() {
  timeout 600 dotnet tests/EventCluster.Exhaust/bin/Release/net10.0/EventCluster.Exhaust.dll "$@"
}

# Against an emulator, which is a package of npm.
azure() {
  tests/azurite/install.sh
  case $? in
    0) dotnet_suite tests/EventCluster.Storage.AzureTables.Tests ;;
    3) echo "0 passed, 0 failed, 1 skipped" ;;
    *) return 1 ;;
  esac
}

cluster_processes() {
  local_cluster || return 0
  dotnet_suite tests/EventCluster.Cluster.Tests
}

gate restore dotnet restore "$filter" -v q || finish
gate build dotnet build "$filter" -c Release --no-restore -v q -clp:NoSummary || finish
# All suites test this build; none builds again.
export EVENTCLUSTER_SERVER_DLL=$PWD/src/EventCluster.Server/bin/Release/net10.0/EventCluster.Server.dll
is_wanted format && gate format dotnet format whitespace "$filter" --no-restore --verify-no-changes

# Tests that find nginx missing are skipped; without root, or elsewhere than on Debian, that is how it stays.
[ $is_quick -eq 1 ] || infra/local-cluster.sh install >"$logs/packages.log" 2>&1

# The longest first, so that nothing long is left to run without company.
if [ $is_quick -eq 0 ]; then
  suite EventCluster.EndToEnd.Tests dotnet_suite tests/EventCluster.EndToEnd.Tests
fi

# The transports and what else takes minutes are left to the whole run.
long_edge=(Transports Incarnations Memory Publishers)
suite EventCluster.Edge.Tests dotnet_suite tests/EventCluster.Edge.Tests \
  $([ $is_quick -eq 0 ] || printf -- '-namespace- EventCluster.Edge.Tests.%s ' "${long_edge[@]}")
for project in tests/*.Tests/*.Tests.csproj; do
  name=$(basename "$project" .csproj)
  case $name in
    EventCluster.EndToEnd.Tests | EventCluster.Edge.Tests) continue ;;
    EventCluster.Storage.PostgreSql.Tests) [ $is_quick -eq 0 ] || continue ;;
  esac

  # What is not part of the filter comes last, where its packages can be had.
  grep -qF "$name.csproj" "$filter" || continue
  suite "$name" dotnet_suite "$(dirname "$project")"
done

if [ $is_quick -eq 1 ]; then
  alone simulation simulate 10
  finish
fi

alone bit-flips faults bit-flips --cases 3000 --servers 12
alone crash-points crash_points
alone exhaust exhaust --sample
suite protocol tests/protocol/run.sh
suite browser tests/browser/run.sh
alone simulation simulate 100

# Missing packages are a fact of the machine; a solution that restores must build and pass.
if dotnet restore EventCluster.sln -v q >"$logs/cluster-restore.log" 2>&1; then
  drain
  gate cluster-build dotnet build EventCluster.sln -c Release --no-restore -v q -clp:NoSummary || finish
  alone cluster dotnet_suite tests/EventCluster.Orleans.Tests
  suite azure azure
  suite silo dotnet_suite tests/EventCluster.Silo.Tests
  if is_wanted cluster-processes || is_wanted failover || is_wanted partitions; then
    drain
    gate silo-publish infra/local-cluster.sh build || finish
  fi

  alone cluster-processes cluster_processes
  alone failover failover --faults kill,hang,term,edge,grow,terminate,pause --terminate 8 --rounds 2
  alone partitions partitions --sample
elif grep -qE 'error NU110[0-9]' "$logs/cluster-restore.log"; then
  echo "cluster suites: not run, because packages of EventCluster.sln cannot be had here ($logs/cluster-restore.log)"
else
  cp "$logs/cluster-restore.log" "$logs/cluster-restore.txt"
  gate cluster-restore sh -c "cat $logs/cluster-restore.txt; false"
fi

finish
