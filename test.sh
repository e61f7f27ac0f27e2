#!/usr/bin/env bash
# Runs everything that can be tested on this machine: format, build, all test projects, the protocol and browser
# suites, simulation, crash and tiny benchmark runs. Works without a terminal, from any folder, on a fresh clone.
# Usage: ./test.sh [PART ...]   runs only the suites whose names contain one of the parts (the build always runs).
set -uo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")" || exit 2
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1 CI=${CI:-true}
export npm_config_update_notifier=false npm_config_fund=false npm_config_audit=false
exec </dev/null

filter=src/EventCluster.SingleNode.slnf
logs=artifacts/test
mkdir -p "$logs"
wanted=("$@")
passed=0 failed=0 skipped=0
table=()

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

# suite NAME COMMAND...: runs it, adds up its count. One that dies without a count, or counts nothing, has failed.
suite() {
  local name=$1 log=$logs/$1.log begun=$SECONDS code p=0 f=0 s=0
  shift
  is_wanted "$name" || return 0
  "$@" >"$log" 2>&1
  code=$?
  if ! count "$log" || [ $((p + f + s)) -eq 0 ]; then
    f=$((f + 1))
    echo "$name ended with exit code $code without a count of its tests." >>"$log"
  elif [ $code -ne 0 ] && [ "$f" -eq 0 ]; then
    f=1
    echo "$name ended with exit code $code though it counted no failure." >>"$log"
  fi

  passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
  report "$name" $((SECONDS - begun)) "$p passed, $f failed, $s skipped"
  if [ "$f" -ne 0 ]; then
    echo "----- the end of $log:"
    tail -n 80 "$log"
    echo "-----"
  elif [ "$s" -ne 0 ]; then
    grep -aE '^skipped: |apt-get install' "$log" | head -n 5 | sed 's/^/    /'
  fi
}

# gate NAME COMMAND...: must succeed; counts as one failure if it does not.
gate() {
  local name=$1 log=$logs/$1.log begun=$SECONDS
  shift
  if "$@" >"$log" 2>&1; then
    report "$name" $((SECONDS - begun)) "ok"
    return 0
  fi

  failed=$((failed + 1))
  report "$name" $((SECONDS - begun)) "FAILED"
  tail -n 80 "$log"
  return 1
}

report() {
  table+=("$(printf '%-44s %5s s  %s' "$1" "$2" "$3")")
  echo "${table[-1]}"
}

finish() {
  echo
  echo "total: $SECONDS s; logs in $logs"
  echo "$passed passed, $failed failed, $skipped skipped"
  [ "$failed" -eq 0 ]
  exit
}

# A test project is a program that runs itself; "dotnet test" around it costs seconds per project.
# The limits only end a hang.
dotnet_suite() {
  timeout 900 dotnet "$1/bin/Release/net10.0/$(basename "$1").dll" -noColor -noLogo
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

for project in tests/*.Tests/*.Tests.csproj; do
  # What is not part of the filter comes last, where its packages can be had.
  grep -qF "$(basename "$project")" "$filter" || continue
  suite "$(basename "$project" .csproj)" dotnet_suite "$(dirname "$project")"
done

for folder in protocol browser; do
  if [ -x "tests/$folder/run.sh" ]; then
    suite "$folder" "tests/$folder/run.sh"
  fi
done

suite simulation simulate 100

# Missing packages are a fact of the machine; a solution that restores must build and pass.
if dotnet restore EventCluster.sln -v q >"$logs/cluster-restore.log" 2>&1; then
  gate cluster-build dotnet build EventCluster.sln -c Release --no-restore -v q -clp:NoSummary || finish
  suite cluster dotnet_suite tests/EventCluster.Orleans.Tests
  suite azure azure
  suite silo dotnet_suite tests/EventCluster.Silo.Tests
  if is_wanted cluster-processes || is_wanted failover; then
    gate silo-publish infra/local-cluster.sh build || finish
  fi

  suite cluster-processes cluster_processes
  suite failover failover --faults kill,hang,term,edge,grow
elif grep -qE 'error NU110[0-9]' "$logs/cluster-restore.log"; then
  echo "cluster suites: not run, because packages of EventCluster.sln cannot be had here ($logs/cluster-restore.log)"
else
  cp "$logs/cluster-restore.log" "$logs/cluster-restore.txt"
  gate cluster-restore sh -c "cat $logs/cluster-restore.txt; false"
fi

finish
