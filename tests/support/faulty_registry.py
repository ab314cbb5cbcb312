"""A proxy that stands between Ollama and the test-bed's registry and breaks single answers in a chosen way.

It speaks TLS with the registry's own certificate, on a port of this machine. Ollama and the modules reach the
registry through it under the name `localhost:PORT`; layers come from `127.0.0.1:PORT`, because Ollama wants them from
another host name than the manifests.
"""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import json
import ssl
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

CHUNK = 16 * 1024
BLOB_HOST = "blobs.testbed.internal"


@dataclass
class Fault:
    """What happens to requests whose method and path contain `where`; to all of them, or to the first `times`.

    `status` and `body` are answered instead of asking the registry. Of what the registry answers, `corrupt` changes
    the byte at that position; after `cut_after` bytes the connection ends, after `stall_after` nothing more comes.
    """

    where: str
    times: int | None = None
    status: int | None = None
    body: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)
    corrupt: int | None = None
    cut_after: int | None = None
    stall_after: int | None = None

    @property
    def name(self) -> str:
        """What it is called in a list of tests."""
        given = {key: value for key, value in vars(self).items() if value not in (None, {}, b"") and key != "where"}
        return f"{self.where}-" + "-".join(f"{key}={value!r}" for key, value in given.items())


class FaultyRegistry:
    """`requests` holds method and path of all that was asked, `sent` how many bytes of layers went through.

    `rate` is the greatest number of bytes per second of one answer, `token` one that everybody is told to show, and
    is given for the asking. `moved` puts another model of the library in the place of one. `delay` is how many seconds
    each answer is late.
    """

    def __init__(self, registry: str, folder: Path) -> None:
        self.faults: list[Fault] = []
        self.requests: list[str] = []
        self.sent = 0
        self.rate: int | None = None
        self.token: str | None = None
        self.moved: dict[str, str] = {}
        self.delay = 0.0
        self.closed = threading.Event()
        self._registry = registry
        self._trust = ssl.create_default_context(cafile=str(folder / "ca.pem"))
        self._lock = threading.Lock()
        own = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        own.load_cert_chain(folder / "server.pem", folder / "server.key")
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._server.socket = own.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    def serve(self) -> None:
        self._server.serve_forever(poll_interval=0.1)

    def close(self) -> None:
        self.closed.set()
        self._server.shutdown()
        self._server.server_close()

    def name(self, model: str) -> str:
        """The name under which a model of the registry's library is reached through this proxy."""
        return f"localhost:{self.port}/library/{model}"

    def offer(self, model: str, weights: bytes) -> None:
        """Put one that consists of these weights in the place of a model of the library."""
        config = b'{"model_format": "gguf", "model_family": "llama", "rootfs": {"type": "layers", "diff_ids": []}}'
        manifest = {
            "schemaVersion": 2,
            "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
            "config": self._serve_blob(model, "application/vnd.docker.container.image.v1+json", config),
            "layers": [self._serve_blob(model, "application/vnd.ollama.image.model", weights)],
        }
        self.faults.append(Fault(f"/library/{model}/manifests", status=200, body=json.dumps(manifest).encode()))

    def _serve_blob(self, model: str, kind: str, content: bytes) -> dict[str, Any]:
        """What a manifest says of a blob, which is served from now on."""
        digest = hashlib.sha256(content).hexdigest()
        there = {"Location": f"https://127.0.0.1:{self.port}/{digest}"}
        self.faults += [
            Fault(f"GET /{digest}", status=200, body=content),
            Fault(f"GET /v2/library/{model}/blobs/sha256:{digest}", status=307, headers=there),
            Fault(f"blobs/sha256:{digest}", status=200, body=content),
        ]
        return {"mediaType": kind, "digest": f"sha256:{digest}", "size": len(content)}

    def connect(self, host: str) -> http.client.HTTPSConnection:
        """A connection to the real registry that asks for `host`."""
        connection = http.client.HTTPSConnection(host, 443, context=self._trust, timeout=60)
        # Its names resolve on test hosts only.
        connection._create_connection = (  # type: ignore[attr-defined]
            lambda _address, *args, **kwargs: http.client.socket.create_connection(  # type: ignore[attr-defined]
                (self._registry, 443), *args, **kwargs
            )
        )
        return connection

    def path(self, path: str) -> str:
        """Where the registry has what is asked for."""
        for model, other in self.moved.items():
            path = path.replace(f"/library/{model}/", f"/library/{other}/")
        return path

    def wait_until_sent(self, size: int) -> None:
        """Return when so many bytes of layers went through."""
        for _attempt in range(600):
            if self.sent >= size:
                return
            time.sleep(0.1)
        raise AssertionError(f"Only {self.sent} bytes went through.")

    def note(self, request: str) -> Fault | None:
        """Count a request, and tell what shall happen to it."""
        with self._lock:
            self.requests.append(request)
            for fault in self.faults:
                if fault.where in request and fault.times != 0:
                    fault.times = fault.times - 1 if fault.times else fault.times
                    return fault
        return None


def _handler(registry: FaultyRegistry) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            fault = registry.note(f"{self.command} {self.path}")
            registry.closed.wait(registry.delay)
            if self._wants_token():
                return
            if fault and fault.status is not None:
                self._answer(fault.status, fault.body or b"", fault.headers)
                return
            self._pass_on(fault or Fault(""))

        do_HEAD = do_GET

        def _wants_token(self) -> bool:
            if registry.token is None or self._is_layer():
                return False
            if self.path.startswith("/token"):
                self._answer(200, f'{{"token": "{registry.token}"}}'.encode(), {})
                return True
            if self.headers.get("Authorization") == f"Bearer {registry.token}":
                return False
            realm = f'Bearer realm="https://localhost:{registry.port}/token",service="test",scope="pull"'
            self._answer(401, b"{}", {"WWW-Authenticate": realm})
            return True

        def _is_layer(self) -> bool:
            return self.headers.get("Host", "").startswith("127.0.0.1")

        def _answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def _pass_on(self, fault: Fault) -> None:
            host = BLOB_HOST if self._is_layer() else "registry.ollama.ai"
            connection = registry.connect(host)
            with contextlib.closing(connection):
                headers = {name: value for name, value in self.headers.items() if name.lower() != "host"}
                connection.request(self.command, registry.path(self.path), headers={**headers, "Host": host})
                reply = connection.getresponse()
                self.send_response(reply.status)
                for name, value in reply.getheaders():
                    if name.lower() not in ("connection", "transfer-encoding", "date", "server"):
                        self.send_header(name, value.replace(BLOB_HOST, f"127.0.0.1:{registry.port}"))
                self.end_headers()
                with contextlib.suppress(OSError):
                    self._copy(reply, fault)

        def _copy(self, reply: http.client.HTTPResponse, fault: Fault) -> None:
            passed, began = 0, time.monotonic()
            while data := bytearray(reply.read(CHUNK)):
                if fault.corrupt is not None and passed <= fault.corrupt < passed + len(data):
                    data[fault.corrupt - passed] ^= 0xFF
                if fault.cut_after is not None and passed + len(data) > fault.cut_after:
                    self.wfile.write(data[: fault.cut_after - passed])
                    self.close_connection = True
                    return
                if fault.stall_after is not None and passed + len(data) > fault.stall_after:
                    self.wfile.write(data[: fault.stall_after - passed])
                    registry.closed.wait()
                    return
                self.wfile.write(data)
                passed += len(data)
                registry.sent += len(data) if self._is_layer() else 0
                if registry.rate:
                    registry.closed.wait(max(0.0, passed / registry.rate - (time.monotonic() - began)))

        def log_message(self, *_arguments: object) -> None:
            pass

    return Handler


@contextlib.contextmanager
def faulty_registry(registry: str, folder: Path) -> Iterator[FaultyRegistry]:
    """A proxy before the registry at the address `registry`, with the certificates in `folder`."""
    proxy = FaultyRegistry(registry, folder)
    threading.Thread(target=proxy.serve, daemon=True).start()
    try:
        yield proxy
    finally:
        proxy.close()
