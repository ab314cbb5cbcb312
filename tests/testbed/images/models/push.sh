#!/bin/sh
# Usage: push.sh REGISTRY. Creates each model of /models and pushes it into the
# registry's namespace `library`. A folder is named as the model: NAME or NAME:TAG.
set -eu
registry=$1
export OLLAMA_HOST=127.0.0.1:11434 OLLAMA_NO_CLOUD=1 HOME=/tmp
ollama serve 2>/tmp/serve.log &
until ollama list >/dev/null 2>&1; do sleep 0.2; done
for folder in /models/*; do
  name=$registry/library/$(basename "$folder")
  ollama create "$name" --file "$folder/Modelfile" >/dev/null 2>&1
  ollama push --insecure "$name" >/dev/null 2>&1
  echo "pushed library/$(basename "$folder")"
done
