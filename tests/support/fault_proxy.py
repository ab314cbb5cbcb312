"""A proxy that stands between two real parts and breaks the conversation in one chosen way."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

CHUNK = 4096


@dataclass
class FaultProxy:
    """Passes bytes between its own port and `target` (host, port).

    From a request on whose first line contains `where`, `cut_after` ends the conversation when so many bytes have come
    back and `cut_behind` when these have, `stall_after` lets nothing more through from then on, and `replace` puts
    bytes in the place of others. The first `times` such requests are treated so, or all. `answer` is sent to whoever
    comes, instead of asking the target. `requests` holds the first line of every request that it saw.
    """

    target: tuple[str, int]
    where: bytes = b""
    times: int | None = None
    cut_after: int | None = None
    stall_after: int | None = None
    replace: tuple[bytes, bytes] | None = None
    cut_behind: bytes | None = None
    answer: bytes | None = None
    requests: list[str] = field(default_factory=list)

    def serve(self, listener: socket.socket) -> None:
        """Take conversations until the listener is closed."""
        while True:
            try:
                client = listener.accept()[0]
            except OSError:
                return
            threading.Thread(target=_Conversation(self, client).run, daemon=True).start()

    def note(self, data: bytes) -> bool:
        """Count what may be a request, and tell whether it is one to be treated badly."""
        line = data.split(b"\r\n", 1)[0]
        if not line.endswith((b"HTTP/1.1", b"HTTP/1.0")):
            return False
        self.requests.append(line.decode(errors="replace"))
        if self.where not in line or self.times == 0:
            return False
        self.times = self.times - 1 if self.times else self.times
        return True


class _Conversation:
    def __init__(self, proxy: FaultProxy, client: socket.socket) -> None:
        self._proxy = proxy
        self._client = client
        self._armed = False
        self._passed = 0

    def run(self) -> None:
        with self._client, contextlib.suppress(OSError):
            if self._proxy.answer is not None:
                self._proxy.note(self._client.recv(CHUNK))
                self._client.sendall(self._proxy.answer)
                return
            with socket.create_connection(self._proxy.target) as server:
                threading.Thread(target=self._forward, args=(server,), daemon=True).start()
                self._back(server)
                # A plain close would wait for the other thread, which still reads.
                self._client.shutdown(socket.SHUT_RDWR)

    def _forward(self, server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := self._client.recv(CHUNK):
                if self._proxy.note(data):
                    self._armed, self._passed = True, 0
                server.sendall(data)

    def _back(self, server: socket.socket) -> None:
        proxy = self._proxy
        while data := server.recv(CHUNK):
            if self._armed and proxy.replace:
                data = data.replace(*proxy.replace)
            if self._armed and proxy.cut_after is not None and self._passed + len(data) > proxy.cut_after:
                self._client.sendall(data[: proxy.cut_after - self._passed])
                return
            if self._armed and proxy.cut_behind and proxy.cut_behind in data:
                self._client.sendall(data[: data.index(proxy.cut_behind) + len(proxy.cut_behind)])
                return
            stalled = self._armed and proxy.stall_after is not None and self._passed + len(data) > proxy.stall_after
            if not stalled:
                self._client.sendall(data)
            self._passed += len(data)


@contextlib.contextmanager
def between(url: str, **faults: Any) -> Iterator[tuple[str, FaultProxy]]:
    """A proxy in front of `url`, as its own URL and itself; gone at the end of the block."""
    address = urlsplit(url)
    proxy = FaultProxy((str(address.hostname), int(address.port or 80)), **faults)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=proxy.serve, args=(listener,), daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", proxy
