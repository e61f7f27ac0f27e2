#!/usr/bin/env bash
# Builds the server if anything changed since the last build and runs it. All arguments go to the server (try --help).
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
project=$here/src/EventCluster.Server
server=$project/bin/Release/net10.0/EventCluster.Server.dll
stamp=$here/artifacts/run/built
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1

command -v dotnet >/dev/null || {
  echo "run.sh: 'dotnet' was not found. Install the .NET 10 SDK (https://dotnet.microsoft.com/download) and run this again." >&2
  exit 2
}

# The source files; with arguments only those that pass these tests of find.
sources() {
  cd "$here" && find src Directory.Build.props Directory.Packages.props global.json nuget.config \
    \( -name bin -o -name obj \) -prune -o -type f "$@" -print | LC_ALL=C sort
}

# The names are compared too: deleting or renaming a file makes no file newer. (Folders would not do: the build itself
# puts bin and obj into them.)
is_fresh() {
  [ -f "$server" ] && [ -f "$stamp" ] && [ -z "$(sources -newer "$stamp")" ] && [ "$(sources)" = "$(cat "$stamp")" ]
}

if ! is_fresh; then
  mkdir -p "$(dirname "$stamp")"
  log=$here/artifacts/run/build.log
  begun=$SECONDS
  echo "Building EventCluster (the first time takes up to a minute) ..." >&2
  sources >"$stamp.begun"
  if ! (cd "$here" && dotnet build "$project" -c Release -v q --nologo -clp:NoSummary) >"$log" 2>&1 </dev/null; then
    cat "$log" >&2
    echo "run.sh: the build failed; the lines above say why." >&2
    exit 2
  fi
  mv "$stamp.begun" "$stamp"
  echo "Built in $((SECONDS - begun)) s." >&2
fi

# exec: signals reach the server itself, and its exit code is this script's.
exec dotnet "$server" "$@"
