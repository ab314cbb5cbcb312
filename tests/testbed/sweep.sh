#!/usr/bin/env bash
# Removes containers and networks whose checkout is no longer on this machine,
# and prints their names.
set -euo pipefail
label=selfhosted-llm-testbed

docker ps --all --filter "label=$label" --format "{{.Names}}|{{.Label \"$label\"}}" |
  while IFS='|' read -r name checkout; do
    if [ ! -d "$checkout" ]; then
      docker rm --force --volumes "$name"
    fi
  done
docker network ls --filter "label=$label" --format "{{.Name}}|{{.Label \"$label\"}}" |
  while IFS='|' read -r name checkout; do
    if [ ! -d "$checkout" ]; then
      # Docker may still count a machine to it that it has removed; it is no hindrance.
      docker network rm "$name" || true
    fi
  done
