# Sourced by the npm suites' run.sh.

# Installs the locked packages into the suite's own directory when they are missing or the lock file changed.
prepare_npm() {
  local lock=$1/package-lock.json installed=$1/node_modules/.lock-installed
  if ! cmp -s "$lock" "$installed"; then
    # Not "npm ci": it refuses a lock file without the optional packages of other platforms that a registry did not have.
    (cd "$1" && npm install --ignore-scripts --no-audit --no-fund --loglevel=error)
    cp "$lock" "$installed"
  fi
}

# Builds the server unless EVENTCLUSTER_SERVER_DLL names one.
prepare_server() {
  if [ -z "${EVENTCLUSTER_SERVER_DLL:-}" ]; then
    dotnet build "$1/src/EventCluster.Server" -c Release -v quiet -nologo
  fi
}

# Ends the servers whose suite ended before it could stop them.
end_servers() {
  local pid
  while read -r pid; do
    if [ -r "/proc/$pid/cmdline" ] && tr '\0' ' ' <"/proc/$pid/cmdline" | grep -q EventCluster.Server; then
      kill -9 "$pid" 2>/dev/null || true
    fi
  done <"$EVENTCLUSTER_PID_FILE"
}
