#!/usr/bin/env bash
# Installs those of the named packages of Debian that are missing. Scripts that run side by side wait for one another.
# Usage: infra/install-packages.sh PACKAGE...
# Ends with 3, and says what to run, where it may not install: not as root, or not on Debian.
set -euo pipefail

missing() {
  local package
  for package in "$@"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || echo "$package"
  done
}

exec 9>"${TMPDIR:-/tmp}/eventcluster-install-packages.lock"
flock 9
mapfile -t packages < <(missing "$@")
[ ${#packages[@]} -gt 0 ] || exit 0

install="apt-get install -y --no-install-recommends ${packages[*]}"
if [ "$(id -u)" -ne 0 ] || [ ! -f /etc/debian_version ]; then
  echo "Needed: ${packages[*]}; as root on Debian: $install" >&2
  exit 3
fi

echo "Installing Debian's packages: $install" >&2
# RUNLEVEL=1: no service starts by itself.
{ apt-get update && RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive $install; } >/dev/null 2>&1 </dev/null 9>&- || {
  echo "Could not be installed: $install" >&2
  exit 3
}
