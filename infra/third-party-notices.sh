#!/usr/bin/env bash
# Writes THIRD-PARTY-NOTICES.md from the restored package graphs of src.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
EVENTCLUSTER_REGENERATE=1 dotnet test tests/EventCluster.Architecture.Tests --nologo -v q \
  --filter "FullyQualifiedName~ThirdPartyNotices"
git --no-pager diff --stat -- THIRD-PARTY-NOTICES.md
