#!/usr/bin/env bash
# Usage: free_address.sh NETWORK NUMBER. An address of a Docker network that no container gets: they are given out from
# the first on, and this is the NUMBERth from the last.
set -euo pipefail
subnet=$(docker network inspect --format '{{(index .IPAM.Config 0).Subnet}}' "$1")
python3 -c 'import ipaddress, sys; print(ipaddress.ip_network(sys.argv[1])[-int(sys.argv[2]) - 1])' "$subnet" "$2"
