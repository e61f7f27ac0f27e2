#!/usr/bin/env bash
# A whole cluster as plain processes on loopback: PostgreSQL, backlog silos, edges, nginx in front of the edges.
# Usage: infra/local-cluster.sh COMMAND [--dir DIR]
#   up [--backlogs N] [--edges N] [--port P] [--store-port S]
#                                              starts everything and prints the addresses (2, 2, 14400); silos reach
#                                              PostgreSQL at port S, which a test's proxy may have
#   add backlog | add edge                     starts one more
#   stop NAME                                  SIGTERM: the silo drains and leaves
#   start NAME                                 starts a silo again that ended, with its ports, as a supervisor would; or nginx
#   status [--json]                            what runs
#   build                                      publishes the silo to artifacts/silo; "up" does it by itself
#   install                                    installs Debian's nginx and PostgreSQL where they are missing, as root only
#   down                                       ends what "up" and "add" started, and nothing else; data stays in DIR
# Ports: the load balancer has P and PostgreSQL P+1; HTTP of the edges is at P+11 and following, of the backlog silos at
# P+61 and following; between themselves silos use P+101 to P+300. DIR (default artifacts/cluster) holds data, logs and what
# was started. To begin afresh, remove it after "down".
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1

fail() {
  echo "local-cluster: $*" >&2
  exit 2
}

usage() {
  sed -n '3,17s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"
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

# Waits until a command succeeds; ends early when the process it waits for is gone.
await() {
  local what=$1 name=$2 until=$((SECONDS + 180))
  shift 2
  until "$@" >/dev/null 2>&1; do
    pid_of "$name" >/dev/null || { tail -n 20 "$dir/logs/$name.log" >&2; fail "$name ended before it was $what; its log is above."; }
    [ $SECONDS -lt $until ] || { tail -n 20 "$dir/logs/$name.log" >&2; fail "$name is not $what after 180 s; its log is above."; }
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
  await listening nginx curl -s -o "$dir/run/.probe" "http://127.0.0.1:$port/healthz"
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
  note "$name" $! "$http"
  disown
}

# What silos and publishers of this cluster prove to each other: drawn once, for the user who started it only.
draw_secret() {
  [ -s "$dir/secret" ] || (umask 077 && od -An -v -N 32 -tx1 /dev/urandom | tr -d ' \n' >"$dir/secret")
}

await_silo() {
  await ready "$1" curl -sf -o "$dir/run/.probe" "http://127.0.0.1:$(port_of "$1")/readyz"
}

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
  for n in $(names 'backlog|edge'); do await_silo "$n"; done
  start_nginx
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
  await_silo "$name"
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
  await_silo "$name"
  [[ $name != edge-* ]] || reload_nginx
  echo "$name is ready at http://127.0.0.1:$(port_of "$name")"
}

stop() {
  local name=${words[0]:-} pid
  load
  [[ $name =~ ^(backlog|edge)-[0-9]+$ && -f $dir/run/$name ]] || fail "'$name' is no silo of this cluster; 'status' lists them."
  # One that died meanwhile is only forgotten.
  if pid=$(pid_of "$name"); then
    kill -TERM "$pid"
    await_end "$name" "$pid"
  fi
  rm -f "$dir/run/$name"
  case $name in edge-*) reload_nginx ;; esac
}

await_end() {
  local until=$((SECONDS + 60))
  while [ "$(pid_of "$1")" = "$2" ]; do
    [ $SECONDS -lt $until ] || { kill -KILL "$2"; return; }
    sleep 0.1
  done
}

status() {
  load
  local name pid state rows=()
  for name in nginx $(names 'backlog|edge'); do
    state=running
    pid=$(pid_of "$name") || { state=gone pid=0; }
    rows+=("$name $state $pid $(port_of "$name")")
  done
  if [ -n "$json" ]; then
    printf '%s\n' "${rows[@]}" | awk -v url="http://127.0.0.1:$port" -v postgres=$((port + 1)) '
      BEGIN { printf "{\"url\":\"%s\",\"postgresPort\":%d,\"processes\":[", url, postgres }
      { printf "%s{\"name\":\"%s\",\"state\":\"%s\",\"pid\":%d,\"url\":\"http://127.0.0.1:%d\"}", (NR > 1 ? "," : ""), $1, $2, $3, $4 }
      END { print "]}" }'
  else
    echo "load balancer  http://127.0.0.1:$port"
    printf '%s\n' "${rows[@]}" | awk '$1 != "nginx" { printf "%-14s http://127.0.0.1:%d  pid %d %s\n", $1, $4, $3, $2 }
      $1 == "nginx" { printf "nginx          pid %d %s\n", $3, $2 }'
    echo "PostgreSQL     port $((port + 1)), data in $dir/postgres; logs in $dir/logs"
  fi
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
