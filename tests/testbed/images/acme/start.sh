#!/usr/bin/env bash
# Runs until one of the two servers ends. NAME is what clients call this
# machine, and TSIG_SECRET (in base64) what they sign updates of names with.
set -eu
cd /etc/pebble

# For Pebble's own door; the authority's key is thrown away.
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj '/CN=Test-bed ACME' \
  -addext keyUsage=critical,keyCertSign -keyout ca.key -out ca.pem
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj '/CN=acme' \
  -CA ca.pem -CAkey ca.key -addext basicConstraints=critical,CA:FALSE -addext "subjectAltName=DNS:$NAME" \
  -keyout server.key -out server.pem
rm ca.key

printf 'key certbot. { algorithm hmac-sha512; secret "%s"; };\n' "$TSIG_SECRET" >/etc/bind/certbot.key
install --owner=bind /etc/bind/example.com.zone /var/cache/bind/
named -g -u bind &

# Each order is proved anew, without the pauses and refusals that try clients.
PEBBLE_VA_NOSLEEP=1 PEBBLE_AUTHZREUSE=0 PEBBLE_WFE_NONCEREJECT=0 \
  pebble -config pebble.json -dnsserver 127.0.0.1:53 &
wait -n
