#!/usr/bin/env bash
# Usage: make.sh IMAGE FOLDER OFFICIAL [KEY=VALUE ...]
# Makes IMAGE: pulled as OFFICIAL where that is not empty and its registry
# answers, else built from the recipe in FOLDER with the build arguments given.
set -euo pipefail
image=$1 folder=$2 official=$3
shift 3

if [ -n "$official" ] && docker pull --quiet "$official" >/dev/null 2>&1; then
  docker tag "$official" "$image"
  exit 0
fi

context=$(mktemp -d)
trap 'rm -rf "$context"' EXIT
cp "$folder"/* "$context"
# For the build stages only: the machine's own authorities, which may include
# that of a proxy between it and the package registries.
cp "${SSL_CERT_FILE:-/etc/ssl/certs/ca-certificates.crt}" "$context/ca-bundle.crt"

arguments=()
for argument in "$@"; do
  arguments+=(--build-arg "$argument")
done
# The stage that compiles gets a name of its own, or nobody knew whose it is.
if grep --quiet ' AS build$' "$context/Dockerfile"; then
  docker build --quiet --target build --tag "${image%:*}-build:${image##*:}" "${arguments[@]}" "$context"
fi
docker build --quiet --tag "$image" "${arguments[@]}" "$context"
