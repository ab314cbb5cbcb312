#!/usr/bin/env bash
# Usage: push.sh IMAGE REFERENCE. Pushes IMAGE under another name, and leaves no
# trace of that name in Docker.
set -euo pipefail
docker tag "$1" "$2"
trap 'docker rmi --no-prune "$2" >/dev/null' EXIT
docker push --quiet "$2"
