#!/usr/bin/env bash
# Installs the emulator of Azure storage into this folder. Ends with 3, and says what helps, where Node.js is missing.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
  echo "Node.js 20 or newer with npm is needed for the emulator of Azure storage: apt-get install -y nodejs npm"
  exit 3
fi

. "$here/../protocol/lib/prepare.sh"
# Several test programs may ask at once.
exec 9>"$here/.install-lock"
flock 9
prepare_npm "$here"
