"""A proxy that stands between two real parts and breaks the conversation in one chosen way."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

CHUNK = 4096


@dataclass
class FaultProxy:
    """Passes bytes between its own port and `target` (host, port).

    `cut_after` ends a conversation when so many bytes have come back, `stall_after` lets nothing
    more through from then on, `answer` is sent instead of asking the target. None of them: it just
    passes on. `requests` holds the first line of every request that it saw.
    """

    target: tuple[str, int]
    cut_after: int | None = None
    stall_after: int | None = None
    answer: bytes | None = None
    requests: list[str] = field(default_factory=list)

    def serve(self, listener: socket.socket) -> None:
        """Take conversations until the listener is closed."""
        while True:
            try:
                client = listener.accept()[0]
            except OSError:
                return
            threading.Thread(target=self._converse, args=(client,), daemon=True).start()

    def _converse(self, client: socket.socket) -> None:
        with client, contextlib.suppress(OSError):
            if self.answer is not None:
                self._note(client.recv(CHUNK))
                client.sendall(self.answer)
                return
            with socket.create_connection(self.target) as server:
                forward = threading.Thread(target=self._forward, args=(client, server), daemon=True)
                forward.start()
                self._back(server, client)
                # A plain close would wait for the other thread, which still reads.
                client.shutdown(socket.SHUT_RDWR)

    def _forward(self, client: socket.socket, server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := client.recv(CHUNK):
                self._note(data)
                server.sendall(data)

    def _back(self, server: socket.socket, client: socket.socket) -> None:
        passed = 0
        while data := server.recv(CHUNK):
            if self.cut_after is not None and passed + len(data) > self.cut_after:
                client.sendall(data[: self.cut_after - passed])
                return
            if self.stall_after is None or passed + len(data) <= self.stall_after:
                client.sendall(data)
            passed += len(data)

    def _note(self, data: bytes) -> None:
        line = data.split(b"\r\n", 1)[0].decode(errors="replace")
        if line.endswith(("HTTP/1.1", "HTTP/1.0")):
            self.requests.append(line)


@contextlib.contextmanager
def between(url: str, **faults: int | bytes) -> Iterator[tuple[str, FaultProxy]]:
    """A proxy in front of `url`, as its own URL and itself; gone at the end of the block."""
    address = urlsplit(url)
    proxy = FaultProxy((str(address.hostname), int(address.port or 80)), **faults)  # type: ignore[arg-type]
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=proxy.serve, args=(listener,), daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", proxy
