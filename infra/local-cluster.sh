#!/usr/bin/env bash
# A whole cluster as plain processes on loopback: PostgreSQL, backlog silos, edges, nginx in front of the edges.
# Usage: infra/local-cluster.sh COMMAND [--dir DIR]
#   up [--backlogs N] [--edges N] [--port P] [--store-port S]
#                                              starts everything and prints the addresses (2, 2, 14400); silos reach
#                                              PostgreSQL at port S, which a test's proxy may have
#   add backlog | add edge                     starts one more
#   stop NAME                                  SIGTERM: the silo drains and leaves; says so when it had ended before
#   start NAME                                 starts a silo again that ended, with its ports, as a supervisor would; or nginx
#   status [--json]                            what runs and is ready; exit 1 when something is gone or not ready (not with --json,
#                                              which knows "running" and "gone" only)
#   build                                      publishes the silo to artifacts/silo; "up" does it by itself
#   install                                    installs Debian's nginx and PostgreSQL where they are missing, as root only
#   down                                       ends what "up" and "add" started, and nothing else; data stays in DIR
# Ports: the load balancer has P and PostgreSQL P+1; HTTP of the edges is at P+11 and following, of the backlog silos at
# P+61 and following; between themselves silos use P+101 to P+300. DIR (default artifacts/cluster) holds data, logs and what
# was started. To begin afresh, remove it after "down".
# "up", "add" and "start" wait until every silo is ready. One that ends meanwhile is named with the end of its log, and the exit code is 2;
# one that the others voted out while it started is started again first, at most twice, as a supervisor would.
# Options of all silos come from the environment. On a machine that is busy with other things, where a silo that waits for a processor
# would be taken for a dead one: EventCluster__Cluster__ProbeTimeout=5 infra/local-cluster.sh up
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1

fail() {
  echo "local-cluster: $*" >&2
  exit 2
}

usage() {
  sed -n '3,23s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"
}

# misused SENTENCE: the sentence stands last, where it is seen.
misused() {
  usage >&2
  fail "$@"
}

# value OPTION [WORD...]: the word behind an option that needs one.
value() {
  [[ $# -ge 2 && -n $2 && $2 != -* ]] || fail "$1 needs a value."
  echo "$2"
}

# How long a start may take, in seconds, and how often a silo is started that was voted out while it started.
patience=180 starts=3

# What a silo says with its exit code: the others voted it out, start it again.
left_cluster=3

# Ports of backlog silos and edges lie 50 apart, those of HTTP end where the others begin.
most=40
dir=$root/artifacts/cluster backlogs=2 edges=2 port=14400 store_port='' json='' words=()
while [ $# -gt 0 ]; do
  case $1 in
    -h | --help | help) usage && exit ;;
    --dir) dir=$(value "$@"); shift 2 ;;
    --backlogs) backlogs=$(value "$@"); shift 2 ;;
    --edges) edges=$(value "$@"); shift 2 ;;
    --port) port=$(value "$@"); shift 2 ;;
    --store-port) store_port=$(value "$@"); shift 2 ;;
    --json) json=1 && shift ;;
    -*) misused "'$1' is no option." ;;
    *) words+=("$1") && shift ;;
  esac
done
command=${words[0]:-}
words=("${words[@]:1}")
dir=$(realpath -m "$dir")
[[ $backlogs =~ ^[1-9][0-9]?$ && $backlogs -le $most && $edges =~ ^[1-9][0-9]?$ && $edges -le $most ]] \
  || fail "--backlogs and --edges are 1 to $most."
[[ $store_port =~ ^([1-9][0-9]{0,4})?$ ]] || fail "--store-port is a port."
[[ $port =~ ^[1-9][0-9]{3,4}$ && $port -ge 1024 && $port -le 32400 ]] \
  || fail "--port is 1024 to 32400 (below the ephemeral ports)."
# Published as in the image: compiled ahead of time, so that a silo that has just started takes streams over at once.
silo=$root/artifacts/silo/EventCluster.Silo.dll

# ----- what was started: DIR/run/NAME holds "pid start-time port"; the start time tells a process from a later one

begun_at() {
  # Field 22 of stat; the name before it may hold blanks. What ended and was not waited for yet (Z) is gone.
  sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | awk '$1 != "Z" { print $20 }'
}

note() {
  echo "$2 $(begun_at "$2") $3" >"$dir/run/$1"
}

pid_of() {
  local pid begun
  read -r pid begun _ 2>/dev/null <"$dir/run/$1" || return 1
  [ -n "$pid" ] && [ "$(begun_at "$pid")" = "$begun" ] && echo "$pid"
}

port_of() {
  cut -d' ' -f3 "$dir/run/$1"
}

names() {
  (cd "$dir/run" 2>/dev/null && ls -1 | grep -E "^($1)-?[0-9]*$" | sort -V) || true
}

# last_words NAME: the end of its log.
last_words() {
  echo "local-cluster: the end of $dir/logs/$1.log:" >&2
  tail -n 20 "$dir/logs/$1.log" >&2
}

# await WHAT NAME COMMAND...: until the command succeeds; ends early when the process is gone.
await() {
  local what=$1 name=$2 until=$((SECONDS + patience))
  shift 2
  until "$@" >/dev/null 2>&1; do
    pid_of "$name" >/dev/null || { last_words "$name"; fail "$name ended before it was $what; its log is above."; }
    [ $SECONDS -lt $until ] || { last_words "$name"; fail "$name is not $what after $patience s; its log is above."; }
    sleep 0.1
  done
}

# need_free NAME PORT...
need_free() {
  local name=$1 taken
  shift
  for taken in "$@"; do
    ! (exec 3<>"/dev/tcp/127.0.0.1/$taken") 2>/dev/null || fail "port $taken, which $name wants, is in use; 'up' takes others with --port."
  done
}

# ----- PostgreSQL, nginx: Debian's packages

install() {
  command -v nginx >/dev/null || "$root/infra/install-packages.sh" nginx-light || fail "nginx is needed."
  "$root/infra/postgres.sh" install
}

start_nginx() {
  end_workers
  need_free nginx "$port"
  mkdir -p "$dir/nginx"
  ln -sfn "$root/infra/nginx.conf" "$dir/nginx/nginx.conf"
  echo "listen 127.0.0.1:$port;" >"$dir/nginx/listen.conf"
  write_edges
  nginx -p "$dir/nginx/" -c "$dir/nginx/nginx.conf" -e stderr -g 'daemon off;' \
    >"$dir/logs/nginx.log" 2>&1 </dev/null &
  note nginx $! "$port"
  disown
  await listening nginx curl -s -m 5 -o "$dir/run/.probe" "http://127.0.0.1:$port/healthz"
}

# One that was killed leaves workers behind, which hold its port. They are known by where they write.
end_workers() {
  local pid
  ! pid_of nginx >/dev/null || return 0
  for pid in $(find /proc/[0-9]*/fd/1 -maxdepth 0 -lname "$dir/logs/nginx.log" 2>/dev/null | cut -d/ -f3); do
    kill -KILL "$pid" 2>/dev/null || true
    while [ -n "$(begun_at "$pid")" ]; do sleep 0.1; done
  done
}

# Existing connections stay with the worker that has them.
reload_nginx() {
  local pid
  write_edges
  ! pid=$(pid_of nginx) || kill -HUP "$pid"
}

write_edges() {
  local name
  for name in $(names edge); do
    echo "server 127.0.0.1:$(port_of "$name") max_fails=1 fail_timeout=5s;"
  done >"$dir/nginx/edges.conf.new"
  mv "$dir/nginx/edges.conf.new" "$dir/nginx/edges.conf"
}

# ----- silos

next_number() {
  local last
  last=$(names "$1" | sed 's/.*-//' | tail -n 1)
  echo $((${last:-0} + 1))
}

# ports_of ROLE NUMBER: of HTTP, for other silos, for clients of Orleans. Backlog silos and edges count on their own.
ports_of() {
  case $1 in
    backlog) echo $((port + 60 + $2)) $((port + 100 + $2)) $((port + 200 + $2)) ;;
    edge) echo $((port + 10 + $2)) $((port + 150 + $2)) $((port + 250 + $2)) ;;
  esac
}

# start_silo ROLE NUMBER: backlog-N or edge-N. All of one cluster share the password file, the id and the database.
start_silo() {
  local role=$1 number=$2 name=$1-$2 http silo_port gateway
  read -r http silo_port gateway <<<"$(ports_of "$role" "$number")"
  need_free "$name" "$http" "$silo_port" "$gateway"
  (
    set -a
    EventCluster__Role=$role
    EventCluster__NodeName=$name
    EventCluster__Urls=http://127.0.0.1:$http
    EventCluster__PostgreSql__ConnectionString=$(connection)
    EventCluster__PostgreSql__ClusterId=$(cat "$dir/id")
    EventCluster__Cluster__SecretFile=$dir/secret
    EventCluster__Cluster__SiloPort=$silo_port
    EventCluster__Cluster__GatewayPort=$gateway
    set +a
    exec dotnet "$silo" >>"$dir/logs/$name.log" 2>&1 </dev/null
  ) &
  # Not disowned: its exit code is asked for.
  note "$name" $! "$http"
}

# What silos and publishers of this cluster prove to each other: drawn once, for the user who started it only.
draw_secret() {
  [ -s "$dir/secret" ] || (umask 077 && od -An -v -N 32 -tx1 /dev/urandom | tr -d ' \n' >"$dir/secret")
}

is_ready() {
  curl -sf -m 5 -o "$dir/run/.probe" "http://127.0.0.1:$(port_of "$1")/readyz"
}

# await_silos NAME...: until all of them are ready at once. One that ends, the others wait for in vain: it is looked for all the time.
await_silos() {
  local name waiting begun=$SECONDS
  while :; do
    waiting=()
    for name in "$@"; do
      pid_of "$name" >/dev/null || start_again "$name"
      is_ready "$name" || waiting+=("$name")
    done
    [ ${#waiting[@]} -gt 0 ] || return 0
    if [ $((SECONDS - begun)) -ge $patience ]; then
      for name in "${waiting[@]}"; do last_words "$name"; done
      fail "not ready after $patience s: ${waiting[*]}; the ends of their logs are above."
    fi
    sleep 0.1
  done
}

# start_again NAME: a silo that ended while it was waited for, if that may help.
start_again() {
  local name=$1 pid code=0
  read -r pid _ <"$dir/run/$name"
  wait "$pid" 2>/dev/null || code=$?
  began[$name]=$((${began[$name]:-1} + 1))
  if [ $code -ne $left_cluster ] || [ "${began[$name]}" -gt $starts ]; then
    last_words "$name"
    fail "$name ended with exit code $code before all were ready; the end of its log is above."
  fi
  echo "local-cluster: $name was voted out while it started, because it did not answer in time; starting it again." >&2
  start_silo "${name%-*}" "${name#*-}"
}
declare -A began=()

connection() {
  sed "s/;Port=[0-9]*;/;Port=$store_port;/" "$dir/run/connection"
}

build() {
  local log=$dir/logs/build.log
  mkdir -p "$dir/logs"
  if [ -f "$silo" ]; then echo "Building ..." >&2; else echo "Building; the first time takes some minutes ..." >&2; fi
  (cd "$root" && dotnet publish src/EventCluster.Silo -c Release --use-current-runtime --self-contained false \
    -p:PublishReadyToRun=true -o "${silo%/*}" -v q --nologo -clp:NoSummary) >"$log" 2>&1 </dev/null \
    || { tail -n 40 "$log" >&2; fail "the build failed; the lines above say why."; }
}

save() {
  printf 'port=%q store_port=%q\n' "$port" "${store_port:=$((port + 1))}" >"$dir/run/settings"
}

load() {
  [ -f "$dir/run/settings" ] || fail "no cluster runs in $dir; start one with: infra/local-cluster.sh up"
  # shellcheck source=/dev/null
  . "$dir/run/settings"
}

# Every port is tried before anything is built or started.
need_all_ports() {
  local n
  need_free nginx "$port"
  # A server on this very folder is taken over.
  "$root/infra/postgres.sh" status "$dir/postgres" >/dev/null 2>&1 || need_free PostgreSQL $((port + 1))
  # shellcheck disable=SC2046
  for n in $(seq "$backlogs"); do need_free "backlog-$n" $(ports_of backlog "$n"); done
  # shellcheck disable=SC2046
  for n in $(seq "$edges"); do need_free "edge-$n" $(ports_of edge "$n"); done
}

# counted NUMBER NOUN
counted() {
  echo "$1 $2$([ "$1" -eq 1 ] || echo s)"
}

up() {
  [ ! -f "$dir/run/settings" ] || fail "a cluster runs in $dir already; end it with: infra/local-cluster.sh down"
  need_all_ports
  mkdir -p "$dir/run" "$dir/logs"
  [ -n "${EVENTCLUSTER_SILO_BUILT:-}" ] || build
  draw_secret
  [ -f "$dir/id" ] || echo "local-$(od -An -N 6 -tx1 /dev/urandom | tr -d ' \n')" >"$dir/id"
  save
  trap 'echo "local-cluster: the start failed; ending what it started." >&2; down' EXIT
  echo "PostgreSQL ..." >&2
  install >&2
  (umask 077 && "$root/infra/postgres.sh" up "$dir/postgres" $((port + 1)) >"$dir/run/connection")
  local n
  echo "$(counted "$backlogs" "backlog silo"), $(counted "$edges" edge) ..." >&2
  # The first creates the tables; the others find them.
  for n in $(seq "$backlogs"); do start_silo backlog "$n"; done
  for n in $(seq "$edges"); do start_silo edge "$n"; done
  # shellcheck disable=SC2046
  await_silos $(names 'backlog|edge')
  start_nginx
  # nginx takes its time; what died meanwhile is told as well.
  # shellcheck disable=SC2046
  await_silos $(names 'backlog|edge')
  trap - EXIT
  status
}

add() {
  local role=${words[0]:-} name
  [[ $role = backlog || $role = edge ]] || misused "'$role' is no role; add backlog, or add edge."
  load
  name=$role-$(next_number "$role")
  [ "${name#*-}" -le $most ] || fail "there are no ports for $name."
  start_silo "$role" "${name#*-}"
  await_silos "$name"
  [ "$role" != edge ] || reload_nginx
  echo "$name is ready at http://127.0.0.1:$(port_of "$name")"
}

start() {
  local name=${words[0]:-}
  load
  [[ $name =~ ^(nginx|(backlog|edge)-[1-9][0-9]*)$ ]] || fail "'$name' is no part of this cluster; 'status' lists them."
  [ "$name" = nginx ] || [ -f "$dir/logs/$name.log" ] || fail "there never was '$name' in this cluster; 'status' lists what runs, 'add' starts one more."
  ! pid_of "$name" >/dev/null || fail "$name runs."
  if [ "$name" = nginx ]; then
    start_nginx
    echo "nginx is ready at http://127.0.0.1:$port"
    return
  fi
  start_silo "${name%-*}" "${name#*-}"
  await_silos "$name"
  [[ $name != edge-* ]] || reload_nginx
  echo "$name is ready at http://127.0.0.1:$(port_of "$name")"
}

stop() {
  local name=${words[0]:-} pid
  load
  [[ $name =~ ^(backlog|edge)-[0-9]+$ && -f $dir/run/$name ]] || fail "'$name' is no silo of this cluster; 'status' lists them."
  if pid=$(pid_of "$name"); then
    kill -TERM "$pid" 2>/dev/null || true
    # One that is stopped (SIGSTOP) gets no other signal until it goes on.
    kill -CONT "$pid" 2>/dev/null || true
    await_end "$name" "$pid"
  else
    echo "local-cluster: $name had ended already, without being asked to; it is taken off the list." >&2
    last_words "$name"
  fi
  rm -f "$dir/run/$name"
  case $name in edge-*) reload_nginx ;; esac
}

# await_end NAME PID
await_end() {
  local until=$((SECONDS + 60))
  while [ "$(pid_of "$1")" = "$2" ]; do
    if [ $SECONDS -ge $until ]; then
      echo "local-cluster: $1 did not end within 60 s and is killed; its log: $dir/logs/$1.log" >&2
      kill -KILL "$2"
      return
    fi
    sleep 0.1
  done
}

# state_of NAME: what an operator wants to know of a part, in a few words.
state_of() {
  local reason
  if ! pid_of "$1" >/dev/null; then
    echo gone
  elif [ "$1" = nginx ]; then
    curl -s -m 5 -o "$dir/run/.probe" "http://127.0.0.1:$port/healthz" && echo ready || echo "does not answer"
  elif is_ready "$1"; then
    echo ready
  else
    reason=$(curl -s -m 5 "http://127.0.0.1:$(port_of "$1")/readyz" | tr '\n' ' ' | cut -c -200) || true
    echo "not ready: ${reason:-does not answer}"
  fi
}

status() {
  load
  local name pid state
  if [ -n "$json" ]; then
    local rows=()
    for name in nginx $(names 'backlog|edge'); do
      state=running
      pid=$(pid_of "$name") || { state=gone pid=0; }
      rows+=("$name $state $pid $(port_of "$name")")
    done
    printf '%s\n' "${rows[@]}" | awk -v url="http://127.0.0.1:$port" -v postgres=$((port + 1)) '
      BEGIN { printf "{\"url\":\"%s\",\"postgresPort\":%d,\"processes\":[", url, postgres }
      { printf "%s{\"name\":\"%s\",\"state\":\"%s\",\"pid\":%d,\"url\":\"http://127.0.0.1:%d\"}", (NR > 1 ? "," : ""), $1, $2, $3, $4 }
      END { print "]}" }'
    return
  fi

  local bad=0
  for name in nginx $(names 'backlog|edge'); do
    state=$(state_of "$name")
    [ "$state" = ready ] || bad=1
    printf '%-14s %-22s pid %-8s %s\n' "$name" "http://127.0.0.1:$(port_of "$name")" "$(pid_of "$name" || echo -)" "$state"
  done
  state=running
  "$root/infra/postgres.sh" status "$dir/postgres" >/dev/null 2>&1 || state=gone bad=1
  echo "PostgreSQL     port $((port + 1)) $state, data in $dir/postgres; logs in $dir/logs"
  echo "Clients use    http://127.0.0.1:$port (nginx, the load balancer)"
  return $bad
}

# Edges first, so that their clients are told to move; then the owners, then the store.
down() {
  local name pid
  [ -f "$dir/run/settings" ] || return 0
  load
  for name in nginx $(names edge) $(names backlog); do
    if pid=$(pid_of "$name"); then
      kill -TERM "$pid" 2>/dev/null || true
      # One that is stopped (SIGSTOP) gets no other signal until it goes on.
      kill -CONT "$pid" 2>/dev/null || true
    fi
  done
  for name in nginx $(names 'edge|backlog'); do
    if pid=$(pid_of "$name"); then await_end "$name" "$pid"; fi
    rm -f "$dir/run/$name"
  done
  end_workers
  "$root/infra/postgres.sh" down "$dir/postgres"
  rm -f "$dir/run/settings" "$dir/run/connection" "$dir/run/.probe"
}

case $command in
  up | status | down | build | install) most_words=0 ;;
  add | start | stop) most_words=1 ;;
  '') misused "say a command." ;;
  *) misused "'$command' is no command." ;;
esac
[ ${#words[@]} -le $most_words ] || misused "$command takes no word '${words[$most_words]}'."
[ ${#words[@]} -ge $most_words ] || misused "$command needs a word: what to $command."
"$command"
