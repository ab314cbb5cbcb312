#!/usr/bin/env bash
# Starts Open WebUI with the environment that the official image honours:
# HOST, PORT, WEBUI_SECRET_KEY, WEBUI_SECRET_KEY_FILE (made when missing),
# FORWARDED_ALLOW_IPS and UVICORN_WORKERS.
set -eu
cd /app/backend

if [ -z "${WEBUI_SECRET_KEY:-}" ]; then
  key_file=${WEBUI_SECRET_KEY_FILE:-.webui_secret_key}
  if [ ! -e "$key_file" ]; then
    head -c 12 /dev/random | base64 >"$key_file"
  fi
  WEBUI_SECRET_KEY=$(cat "$key_file")
fi
export WEBUI_SECRET_KEY

exec uvicorn open_webui.main:app \
  --host "${HOST:-0.0.0.0}" --port "${PORT:-8080}" \
  --forwarded-allow-ips "${FORWARDED_ALLOW_IPS:-*}" \
  --workers "${UVICORN_WORKERS:-1}"
