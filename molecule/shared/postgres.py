"""A client of PostgreSQL that a test host runs with nothing but Python's standard library."""

from __future__ import annotations

import json
from typing import Any

# Speaks the protocol of version 3, with or without TLS, and SCRAM-SHA-256. Prints rows, or what the server refused.
CLIENT = """
import base64, hashlib, hmac, json, os, socket, ssl, struct, sys
question = json.load(sys.stdin)
server = socket.create_connection((question["host"], question["port"]), 30)
if question["tls"]:
    server.sendall(struct.pack("!ii", 8, 80877103))
    assert server.recv(1) == b"S", "no TLS"
    trust = ssl.create_default_context()
    trust.check_hostname, trust.verify_mode = False, ssl.CERT_NONE
    server = trust.wrap_socket(server)
stream = server.makefile("rb")

def send(kind, body):
    server.sendall(kind + struct.pack("!i", len(body) + 4) + body)

def receive():
    kind, size = struct.unpack("!ci", stream.read(5))
    body = stream.read(size - 4)
    if kind == b"E":
        fields = {part[:1]: part[1:].decode() for part in body.split(bytes(1)) if part}
        json.dump({"error": fields[b"M"]}, sys.stdout)
        sys.exit()
    return kind, body

def message(wanted):
    while True:
        kind, body = receive()
        if kind == wanted:
            return body

def mac(key, text):
    return hmac.new(key, text.encode(), "sha256").digest()

names = ["user", question["user"], "database", question["database"]]
send(b"", struct.pack("!i", 196608) + bytes(1).join(name.encode() for name in names) + bytes(2))
mine = base64.b64encode(os.urandom(18)).decode()
assert message(b"R")[:4] == struct.pack("!i", 10), "no SCRAM"
first = "n=,r=" + mine
send(b"p", b"SCRAM-SHA-256" + bytes(1) + struct.pack("!i", len(first) + 3) + b"n,," + first.encode())
challenge = message(b"R")[4:].decode()
nonce, salt, rounds = (part[2:] for part in challenge.split(","))
key = hashlib.pbkdf2_hmac("sha256", question["password"].encode(), base64.b64decode(salt), int(rounds))
last = "c=biws,r=" + nonce
stored = mac(key, "Client Key")
signature = mac(hashlib.sha256(stored).digest(), ",".join((first, challenge, last)))
proof = base64.b64encode(bytes(a ^ b for a, b in zip(stored, signature))).decode()
send(b"p", (last + ",p=" + proof).encode())
message(b"Z")
send(b"Q", question["query"].encode() + bytes(1))
rows = []
while True:
    kind, body = receive()
    if kind == b"D":
        row, position = [], 2
        for _column in range(struct.unpack("!h", body[:2])[0]):
            size = struct.unpack("!i", body[position:position + 4])[0]
            row.append(body[position + 4:position + 4 + size].decode())
            position += 4 + size
        rows.append(row)
    if kind == b"Z":
        break
json.dump({"rows": rows}, sys.stdout)
"""


def query(host: Any, address: str, password: str, text: str = "SELECT 1", *, tls: bool = True) -> Any:
    """Ask the database open_webui from the test host `host`: its rows, or what it refused as a string."""
    question = {
        "host": address,
        "port": 5432,
        "tls": tls,
        "user": "open_webui",
        "database": "open_webui",
        "password": password,
        "query": text,
    }
    answer = json.loads(host.check_output("printf %%s %s | python3 -c %s", json.dumps(question), CLIENT))
    return answer["rows"] if "rows" in answer else answer["error"]


# Each row of each table but one, without when somebody was last seen, as a hash.
ROWS = """
SELECT json_object_agg(table_name, xpath('//c/text()', query_to_xml(format(
  'SELECT md5((to_jsonb(t) - ''last_active_at'')::text) AS c FROM %I t ORDER BY 1', table_name), false, false,
  ''))::text[])
FROM information_schema.tables WHERE table_schema = 'public' AND table_name <> 'config'
"""


def rows(host: Any) -> dict[str, list[str]]:
    """What people made, of every table of the database open_webui; what site.yml declares is left out."""
    command = "cd / && printf %%s %s | su postgres -c 'psql --quiet --tuples-only --no-align open_webui'"
    found: dict[str, list[str]] = json.loads(host.check_output(command, ROWS))
    return found


# Makes another archive of one, whose dump ends before its end though its manifest says that it is whole.
SPOIL = """
import sys; sys.path.insert(0, "/usr/local/lib/selfhosted_llm_backup")
import pathlib, archive
whole, spoilt, dump = map(pathlib.Path, [*sys.argv[1:], "/root/spoilt.dump"])
content = archive.read(whole, "", "open_webui_database/database.dump")
dump.write_bytes(content[:len(content) * 2 // 3])
manifest = archive.check(whole, "")
about = {key: manifest[key] for key in ("host", "made", "parts")}
archive.write(spoilt, about, [("open_webui_database/database.dump", dump)], "")
"""


def spoilt(host: Any, archive: str) -> str:
    """A backup whose dump is cut off."""
    host.check_output("python3 -c %s %s %s", SPOIL, archive, "/root/spoilt.tar.gz")
    return "/root/spoilt.tar.gz"
