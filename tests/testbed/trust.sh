#!/usr/bin/env bash
# Usage: trust.sh CONTAINER CERTIFICATE. Puts the certificate into the trust
# store of the test host, and prints what changed.
set -euo pipefail
container=$1 certificate=$2
inside=/usr/local/share/ca-certificates/testbed.crt
if ! docker exec --interactive "$container" cmp --silent - "$inside" <"$certificate"; then
  docker cp "$certificate" "$container:$inside"
  docker exec "$container" update-ca-certificates
fi
