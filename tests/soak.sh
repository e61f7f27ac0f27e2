#!/usr/bin/env bash
# Runs one long test: tests/soak.sh CASE [--minutes N | --kills N | --runs N] [--seed N]; --list names the cases.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1

list() {
  cat <<'TEXT'
crash        kill -9 the real server under 8 producers and 50 streams, restart, retry, check the history (--kills, default 100)
simulation   seeded runs over faulty devices with checkers on (--runs, default 1000 seeds)
failover     kills, hangs, stops, an edge kill, growing, a restart and a cut of the store, sessions of it ended, 10 rounds of SIGSTOP on a
             real cluster, medians, what answers claim about tails (--runs, default 3)
partitions   ten partitions of 40 s of a cluster in network namespaces, and four changes of its database's primary (--runs, default 1); root
grow         a third backlog silo and a third edge join a real cluster under load, medians (--runs, default 3)
protocol     the npm conformance, client and differential suites again and again (--runs, default 10)
bit-flips    every byte of three stores flipped and zeroed, files cut, swapped, removed, renamed, and the real server on 500 of these
crash-points the real server killed at, and failed in, every call that changes its disk, at a first boot and in recoveries; needs strace
transports   one client per seed changes its transport at each reconnect on a network that cuts it (--runs, default 500 seeds)
exhaust      the real server against limits of descriptors, memory, threads and disk under clients that cost what they can
incarnations a stream is deleted, expires or is forked again under readers of every transport (--runs, default 100000 rounds)
drill        a copy of a living cluster's database by pg_dump, pg_basebackup and files, before and after --restored (--runs, default 3)
parallel     feeds, pump, caches, answers and parked reads on several threads against all orders (--runs, default 3000 cases of each)
TEXT
}

usage() {
  echo "usage: tests/soak.sh CASE [--minutes N | --kills N | --runs N] [--seed N]" >&2
  list >&2
  exit 2
}

case=${1:-}
[ -n "$case" ] || usage
shift
if [ "$case" = "--list" ]; then
  list
  exit 0
fi

minutes='' kills='' runs='' seed=1
while [ $# -gt 0 ]; do
  [[ ${2:-} =~ ^[0-9]+$ ]] || usage
  case $1 in
    --minutes) minutes=$2 ;;
    --kills) kills=$2 ;;
    --runs) runs=$2 ;;
    --seed) seed=$2 ;;
    *) usage ;;
  esac
  shift 2
done

# run COMMAND: COMMAND gets the seed of the round. Rounds until --minutes are over, or --runs of them.
rounds() {
  local until=$((SECONDS + ${minutes:-0} * 60)) round=0
  while :; do
    "$@" $((seed + round))
    round=$((round + 1))
    echo "soak: round $round of $case passed"
    if [ -n "$minutes" ]; then
      [ $SECONDS -lt $until ] || break
    elif [ $round -ge "${runs:-10}" ]; then
      break
    fi
  done
}

project() {
  (cd "$root" && dotnet build "$1" -c Release -v q --nologo -clp:NoSummary)
}

case $case in
  crash)
    project src/EventCluster.Server
    project tests/EventCluster.EndToEnd.Tests
    crash_round() { (cd "$root" && EVENTCLUSTER_CRASH_KILLS=${kills:-100} EVENTCLUSTER_CRASH_SEED=$1 \
      dotnet test tests/EventCluster.EndToEnd.Tests -c Release --no-build --nologo --filter "FullyQualifiedName~CrashTests"); }
    runs=${runs:-1}
    rounds crash_round
    ;;
  simulation)
    project tests/EventCluster.Simulation
    simulation_round() { dotnet "$root/tests/EventCluster.Simulation/bin/Release/net10.0/EventCluster.Simulation.dll" --seed "$1" --seeds 1; }
    runs=${runs:-1000}
    rounds simulation_round
    ;;
  failover | grow)
    project tests/EventCluster.Failover
    "$root/infra/local-cluster.sh" build
    "$root/infra/local-cluster.sh" install
    failover_round() { (cd "$root" && dotnet tests/EventCluster.Failover/bin/Release/net10.0/EventCluster.Failover.dll \
      $([ "$case" = failover ] || echo "--faults $case") --runs "$1" --seed "$2"); }
    if [ -n "$minutes" ]; then
      rounds failover_round 1
    else
      failover_round "${runs:-3}" "$seed"
    fi
    ;;
  partitions)
    # Each node in a network namespace of its own; without root or ip one line says so.
    project tests/EventCluster.Failover
    "$root/infra/local-cluster.sh" build
    "$root/infra/postgres.sh" install
    command -v ip >/dev/null || "$root/infra/install-packages.sh" iproute2 || true
    partitions_round() { (cd "$root" && failed=0 && for what in partitions standby; do
      dotnet tests/EventCluster.Failover/bin/Release/net10.0/EventCluster.Failover.dll "$what" --seed "$1" || failed=1
    done && exit $failed); }
    runs=${runs:-1}
    rounds partitions_round
    ;;
  bit-flips | crash-points)
    project tests/EventCluster.Faults
    [ "$case" = bit-flips ] || command -v strace >/dev/null || "$root/infra/install-packages.sh" strace || true
    # Thousands of starts: compiled ahead of time, each costs half.
    (cd "$root" && dotnet publish src/EventCluster.Server -c Release --use-current-runtime --self-contained false \
      -p:PublishReadyToRun=true -o artifacts/faults/server -v q --nologo -clp:NoSummary)
    export EVENTCLUSTER_SERVER_DLL=$root/artifacts/faults/server/EventCluster.Server.dll
    faults_round() { dotnet "$root/tests/EventCluster.Faults/bin/Release/net10.0/EventCluster.Faults.dll" "$case" --seed "$1"; }
    runs=${runs:-1}
    rounds faults_round
    ;;
  protocol)
    protocol_round() { EVENTCLUSTER_SEED=$1 "$root/tests/protocol/run.sh"; }
    rounds protocol_round
    ;;
  transports)
    # A printed seed is repeated by --seed SEED --runs 1. With --minutes: rounds of 60 seeds.
    project tests/EventCluster.Edge.Tests
    transports_round() { EVENTCLUSTER_TRANSPORTS_SEED=$1 EVENTCLUSTER_TRANSPORTS_RUNS=$2 \
      dotnet "$root/tests/EventCluster.Edge.Tests/bin/Release/net10.0/EventCluster.Edge.Tests.dll" -noColor -noLogo -showLiveOutput \
      -class EventCluster.Edge.Tests.Transports.CrossTransportTests; }
    if [ -n "$minutes" ]; then
      minute_round() { transports_round $((seed + (($1 - seed) * 60))) 60; }
      rounds minute_round
    else
      transports_round "$seed" "${runs:-500}"
    fi
    ;;
  exhaust)
    project src/EventCluster.Server
    project tests/EventCluster.Exhaust
    dotnet "$root/tests/EventCluster.Exhaust/bin/Release/net10.0/EventCluster.Exhaust.dll"
    ;;
  incarnations)
    # A printed seed is repeated by --seed SEED --runs 1. With --minutes: pieces of 2,000 rounds.
    project tests/EventCluster.Edge.Tests
    incarnations_round() { EVENTCLUSTER_INCARNATIONS_SEED=$1 EVENTCLUSTER_INCARNATIONS_ROUNDS=$2 \
      dotnet "$root/tests/EventCluster.Edge.Tests/bin/Release/net10.0/EventCluster.Edge.Tests.dll" -noColor -noLogo -showLiveOutput \
      -class EventCluster.Edge.Tests.Incarnations.IncarnationTests; }
    if [ -n "$minutes" ]; then
      incarnations_minute() { incarnations_round $((seed + (($1 - seed) * 2000))) 2000; }
      rounds incarnations_minute
    else
      incarnations_round "$seed" "${runs:-100000}"
    fi
    ;;
  parallel)
    # The library prints the seed of a case that fails.
    project tests/EventCluster.Edge.Tests
    project tests/EventCluster.Core.Tests
    parallel_round() {
      for name in Edge Core; do
        EVENTCLUSTER_PARALLEL_ITERATIONS=$2 dotnet "$root/tests/EventCluster.$name.Tests/bin/Release/net10.0/EventCluster.$name.Tests.dll" \
          -noColor -noLogo -namespace "EventCluster.$name.Tests.Concurrency"
      done
    }
    if [ -n "$minutes" ]; then
      parallel_minute() { parallel_round "$1" 500; }
      rounds parallel_minute
    else
      parallel_round "$seed" "${runs:-3000}"
    fi
    ;;
  drill)
    project tests/EventCluster.Silo.Tests
    "$root/infra/local-cluster.sh" build
    "$root/infra/postgres.sh" install
    export EVENTCLUSTER_SILO_DLL=$root/artifacts/silo/EventCluster.Silo.dll
    drill_round() { dotnet "$root/tests/EventCluster.Silo.Tests/bin/Release/net10.0/EventCluster.Silo.Tests.dll" \
      -noColor -noLogo -showLiveOutput -namespace EventCluster.Silo.Tests.Drills; }
    runs=${runs:-3}
    rounds drill_round
    ;;
  *)
    usage
    ;;
esac
