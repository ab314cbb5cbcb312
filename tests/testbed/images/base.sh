#!/usr/bin/env bash
# Usage: base.sh SUITE IMAGE [ARCHITECTURE]. Makes IMAGE, a minimal Debian: from
# Docker Hub where it answers, else with debootstrap from Debian's packages, which
# takes root.
set -euo pipefail
suite=$1 image=$2 architecture=${3:-}

# Of another architecture they have names of their own: i386/debian.
official=${architecture:+$architecture/}debian:$suite-slim
if docker pull --quiet "$official" >/dev/null 2>&1; then
  docker tag "$official" "$image"
  exit 0
fi
if ! command -v debootstrap >/dev/null; then
  echo "$image cannot be pulled, and debootstrap is missing: apt-get install debootstrap" >&2
  exit 1
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
debootstrap ${architecture:+--arch="$architecture"} --variant=minbase "$suite" "$folder" >/dev/null
rm -rf "$folder"/var/cache/apt/archives/*.deb "$folder"/var/lib/apt/lists/*
tar --directory "$folder" --create . | docker import - "$image" >/dev/null
