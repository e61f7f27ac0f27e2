#!/usr/bin/env bash
# A private PostgreSQL server for tests and the local cluster: its own data folder, its own port, loopback only, fsync on.
# Usage: infra/postgres.sh find                 prints the folder of Debian's (or another) server programs; exit 3 if there are none
#        infra/postgres.sh install              installs Debian's package, as root on Debian only; else exit 3, saying what to run
#        infra/postgres.sh up FOLDER PORT       makes the folder if missing, starts the server, prints a connection string
#        infra/postgres.sh restart FOLDER MODE  MODE is fast (orderly) or immediate (as after a crash)
#        infra/postgres.sh down FOLDER [MODE]   stops what "up" started, fast unless MODE says otherwise; the data stays
#        infra/postgres.sh standby FOLDER PRIMARY PORT  copies the running server of the folder PRIMARY, follows it, prints a connection string
#        infra/postgres.sh promote FOLDER       makes a standby a primary
#        infra/postgres.sh follow FOLDER PRIMARY  makes a stopped former primary a standby of PRIMARY; "up" starts it
#        infra/postgres.sh status FOLDER        exit 0 while it runs
#        infra/postgres.sh copy FOLDER PORT TO TO_PORT HOW
#                                               makes a second server in TO of what the first has, as a drill does, and prints its
#                                               connection string. HOW is dump (pg_dump), base (pg_basebackup) or files (of a
#                                               server that is stopped)
# The password is drawn at the first "up" and kept in FOLDER/password. As root the server runs as the user postgres,
# because PostgreSQL refuses root. EVENTCLUSTER_POSTGRES_ADDRESS is for a server in a network namespace of its own: where the others
# reach it; it listens at all addresses of that namespace then.
set -euo pipefail

user=eventcluster
address=${EVENTCLUSTER_POSTGRES_ADDRESS:-127.0.0.1}

fail() {
  echo "postgres.sh: $1" >&2
  exit "${2:-1}"
}

find_programs() {
  local folder
  # The newest version first; 14 is the oldest that the store accepts.
  for folder in $(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -t/ -k5,5nr) "$(dirname "$(command -v initdb || echo /)")"; do
    if [ -x "$folder/initdb" ] && [ -x "$folder/pg_ctl" ] && [ -x "$folder/postgres" ]; then
      echo "$folder"
      return 0
    fi
  done
  return 3
}

install_package() {
  if [ "$(id -u)" -eq 0 ] && [ -f /etc/debian_version ]; then
    # The package would start a server of its own on the usual port.
    mkdir -p /etc/postgresql-common/createcluster.d
    echo "create_main_cluster = false" >/etc/postgresql-common/createcluster.d/eventcluster.conf
  fi

  "$(dirname "${BASH_SOURCE[0]}")/install-packages.sh" postgresql || fail "PostgreSQL 14 or newer is needed." 3
}

# Runs a program as somebody whom PostgreSQL accepts.
as_server() {
  if [ "$(id -u)" -eq 0 ]; then
    (cd / && setpriv --reuid=postgres --regid=postgres --init-groups --no-new-privs "$@")
  else
    "$@"
  fi
}

control() {
  # The server must not keep the caller's pipes open.
  as_server "$programs/pg_ctl" -D "$folder/data" -w -t 60 -s "$@" </dev/null >>"$folder/control.log" 2>&1
}

create() {
  (umask 077 && od -An -N24 -tx1 /dev/urandom | tr -d ' \n' >"$folder/password")
  : >"$folder/control.log"
  if [ "$(id -u)" -eq 0 ]; then
    chown postgres:postgres "$folder" "$folder/password" "$folder/control.log"
  fi
  as_server "$programs/initdb" -D "$folder/data" -U "$user" --pwfile="$folder/password" --auth=scram-sha-256 -E UTF8 --locale=C \
    >>"$folder/control.log" 2>&1 || fail "initdb failed; see $folder/control.log"
  [ "$address" = 127.0.0.1 ] || printf 'host %s all samenet scram-sha-256\n' all replication >>"$folder/data/pg_hba.conf"
}

port_of() {
  sed -n 4p "$1/data/postmaster.pid" 2>/dev/null || fail "the server of $1 does not run"
}

# How a standby reaches its primary; quoted as libpq wants it.
primary_of() {
  echo "host=$(cat "$1/address") port=$(port_of "$1") user=$user password=$(cat "$1/password") application_name=$(basename "$folder")"
}

standby() {
  local primary=$1 port=$2
  mkdir -p "$folder"
  cp "$primary/password" "$folder/password"
  : >"$folder/control.log"
  if [ "$(id -u)" -eq 0 ]; then
    chown postgres:postgres "$folder" "$folder/password" "$folder/control.log"
  fi
  as_server "$programs/pg_basebackup" -d "$(primary_of "$primary")" -D "$folder/data" -R -X stream -c fast \
    >>"$folder/control.log" 2>&1 || fail "the primary could not be copied; see $folder/control.log"
  up "$port"
}

follow() {
  as_server touch "$folder/data/standby.signal"
  echo "primary_conninfo = '$(primary_of "$1")'" | as_server tee -a "$folder/data/postgresql.auto.conf" >/dev/null
}

up() {
  local port=$1
  mkdir -p "$folder"
  [ -f "$folder/data/PG_VERSION" ] || create
  if ! control status; then
    echo "$address" >"$folder/address"
    control start -l "$folder/server.log" -o "-p $port -c listen_addresses=$([ "$address" = 127.0.0.1 ] && echo "$address" || echo '*') -c unix_socket_directories= \
      -c max_connections=300 -c shared_buffers=128MB" || fail "the server did not start; see $folder/server.log"
  fi
  # A standby has what its primary has.
  [ -f "$folder/data/standby.signal" ] ||
  echo "SELECT 'CREATE DATABASE $user' WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = '$user') \gexec" |
    PGPASSWORD=$(cat "$folder/password") "$programs/psql" -h "$address" -p "$port" -U "$user" -d postgres -qAt >/dev/null ||
    fail "the database could not be made"
  echo "Host=$address;Port=$port;Username=$user;Password=$(cat "$folder/password");Database=$user"
}

# copy PORT TO TO_PORT HOW
copy() {
  local from=$folder port=$1 to to_port=$3
  to=$(realpath -m "$2")
  [ ! -e "$to/data" ] || fail "$to has a server already"
  mkdir -p "$to"
  case $4 in
    files)
      ! control status || fail "stop the server before its files are copied"
      cp -a "$from/." "$to/"
      ;;
    base)
      cp -p "$from/password" "$to/password"
      : >"$to/control.log"
      [ "$(id -u)" -ne 0 ] || chown postgres:postgres "$to" "$to/password" "$to/control.log"
      PGPASSWORD=$(cat "$from/password") as_server "$programs/pg_basebackup" -h 127.0.0.1 -p "$port" -U "$user" -D "$to/data" \
        -X stream -c fast >>"$to/control.log" 2>&1 || fail "pg_basebackup failed; see $to/control.log"
      ;;
    dump) ;;
    *) fail "'$4' is no way to copy: dump, base, files" 2 ;;
  esac
  folder=$to
  if [ "$4" != dump ]; then
    up "$to_port"
    return
  fi

  local made
  made=$(up "$to_port")
  PGPASSWORD=$(cat "$from/password") "$programs/pg_dump" -h 127.0.0.1 -p "$port" -U "$user" -d "$user" |
    PGPASSWORD=$(cat "$to/password") "$programs/psql" -h 127.0.0.1 -p "$to_port" -U "$user" -d "$user" -q -v ON_ERROR_STOP=1 \
      >>"$to/control.log" 2>&1 || fail "the dump could not be restored; see $to/control.log"
  echo "$made"
}

command=${1:-}
folder=${2:-}
case $command in
  find) find_programs || exit 3 ;;
  install) find_programs >/dev/null || install_package ;;
  up | restart | down | status | standby | promote | follow | copy)
    [ -n "$folder" ] || fail "$command needs a folder" 2
    # The server's programs run elsewhere.
    folder=$(realpath -m "$folder")
    programs=$(find_programs) || fail "PostgreSQL is not installed; infra/postgres.sh install" 3
    case $command in
      up) up "${3:?up needs a port}" ;;
      restart) control restart -m "${3:-fast}" ;;
      down) ! control status || control stop -m "${3:-fast}" ;;
      status) control status ;;
      standby) standby "${3:?standby needs the folder of a primary}" "${4:?standby needs a port}" ;;
      promote) control promote || fail "the standby was not promoted; see $folder/server.log" ;;
      follow) follow "${3:?follow needs the folder of a primary}" ;;
      copy) copy "${3:?copy needs a port}" "${4:?copy needs a second folder}" "${5:?copy needs a second port}" "${6:?copy needs a way}" ;;
    esac
    ;;
  *) sed -n '2,20s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
esac
