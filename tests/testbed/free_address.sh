#!/usr/bin/env bash
# Usage: free_address.sh NETWORK NUMBER. An address of a Docker network that no container gets: they are given out from
# the first on, and this is the NUMBERth before the last.
set -euo pipefail
IFS=./ read -r a b c d prefix < <(docker network inspect --format '{{(index .IPAM.Config 0).Subnet}}' "$1")
number=$(((a << 24 | b << 16 | c << 8 | d | (1 << 32 - prefix) - 1) - $2))
echo "$((number >> 24)).$((number >> 16 & 255)).$((number >> 8 & 255)).$((number & 255))"
