"""Shows models of an Ollama store as files, to whoever knows the path, until it is ended or nobody has asked for long.

Usage: show_models.py FOLDER ADDRESS MANIFEST... Prints the URL and the process to end as JSON when it can be asked.
"""

import http.server
import ipaddress
import json
import os
import re
import secrets
import signal
import socket
import sys

IDLE_SECONDS = 600
CHUNK = 1 << 20


def files(folder, manifests):
    """What is shown: the paths of these manifests below the folder, and of the blobs that they name."""
    shown = set()
    for manifest in manifests:
        path = f"manifests/{manifest}"
        try:
            with open(os.path.join(folder, path), encoding="utf-8") as file:
                data = json.load(file)
        except OSError:
            continue
        parts = [*data["layers"], data["config"]]
        shown |= {path, *(f"blobs/{part['digest'].replace(':', '-')}" for part in parts)}
    return shown


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    folder = token = ""
    shown = frozenset()

    def do_GET(self):
        signal.alarm(IDLE_SECONDS)
        token, _slash, path = self.path.lstrip("/").partition("/")
        if not secrets.compare_digest(token.encode(), self.token.encode()) or path not in self.shown:
            self.send_error(404)
            return
        with open(os.path.join(self.folder, path), "rb") as file:
            size = os.fstat(file.fileno()).st_size
            asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
            start = int(asked.group(1)) if asked else 0
            if start and start >= size:
                self.send_error(416)
                return
            self.send_response(206 if asked else 200)
            self.send_header("Content-Length", str(size - start))
            if asked:
                self.send_header("Content-Range", f"bytes {start}-{size - 1}/{size}")
            self.end_headers()
            file.seek(start)
            while chunk := file.read(CHUNK):
                self.wfile.write(chunk)
                signal.alarm(IDLE_SECONDS)

    def log_message(self, *_):
        pass


def reachable(address):
    """Where others reach this machine, which may know its own name as its loopback (Debian: 127.0.1.1)."""
    found = socket.getaddrinfo(address, None)[0][4][0]
    if found == address or not ipaddress.ip_address(found).is_loopback:
        return address
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        try:
            asked.connect(("192.0.2.1", 9))  # Sends nothing, and tells by which address one would (RFC 5737: nobody's).
        except OSError:
            sys.exit(f"{address} is {found} there, where nobody else reaches it: set ollama_server_seed_address.")
        return asked.getsockname()[0]


def main():
    folder, name, *manifests = sys.argv[1:]
    address = reachable(name)
    Handler.folder, Handler.token, Handler.shown = folder, secrets.token_urlsafe(), files(folder, manifests)
    http.server.ThreadingHTTPServer.address_family = socket.getaddrinfo(address, None)[0][0]
    server = http.server.ThreadingHTTPServer((address, 0), Handler)
    host = f"[{address}]" if ":" in address else address
    child = os.fork()
    if child:
        print(json.dumps({"url": f"http://{host}:{server.server_address[1]}/{Handler.token}", "pid": child}))
        return
    os.setsid()
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)
    signal.alarm(IDLE_SECONDS)
    server.serve_forever()


if __name__ == "__main__":
    main()
