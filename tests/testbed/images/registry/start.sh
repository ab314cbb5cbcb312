#!/usr/bin/env bash
# Runs until one of the three processes ends.
set -eu
docker-registry serve /etc/docker/registry/fill.yml &
docker-registry serve /etc/docker/registry/serve.yml &
nginx -g 'daemon off;' &
wait -n
