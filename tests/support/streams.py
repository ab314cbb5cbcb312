"""Readers of streamed answers, many at a time."""

from __future__ import annotations

import asyncio
import json
import ssl
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field


@dataclass
class Reading:
    """What came of one stream: when each line came in, in seconds since it was asked for, and what was wrong."""

    arrivals: list[float] = field(default_factory=list)
    fault: str = ""

    @property
    def first(self) -> float:
        return self.arrivals[0]

    @property
    def largest_gap(self) -> float:
        return max(after - before for before, after in zip(self.arrivals, self.arrivals[1:], strict=False))


@dataclass(frozen=True)
class Place:
    """Where a stream is asked for: an address, and the name of the site there, over TLS if `trust` is given."""

    address: str
    port: int
    name: str
    trust: ssl.SSLContext | None = None

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        name = self.name if self.trust else None
        return await asyncio.open_connection(self.address, self.port, ssl=self.trust, server_hostname=name)


async def chunked_lines(reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    """The lines of a chunked body, each as soon as it is whole."""
    rest = b""
    while size := int(await reader.readuntil(b"\r\n"), 16):
        *lines, rest = (rest + await reader.readexactly(size)).split(b"\n")
        await reader.readexactly(2)
        for line in lines:
            yield line


async def read(place: Place, identity: str, lines: int, every: float) -> Reading:
    """Read one stream to its end, and look whether all its lines came, in order, and none of another."""
    reading = Reading()
    try:
        reader, writer = await place.connect()
        # Whoever asks has the page open, and so a connection.
        begun = time.perf_counter()
        path = f"/stream/{identity}?lines={lines}&every={every}"
        writer.write(f"GET {path} HTTP/1.1\r\nHost: {place.name}\r\nConnection: close\r\n\r\n".encode())
        head = await reader.readuntil(b"\r\n\r\n")
        if b" 200 " not in head.partition(b"\r\n")[0]:
            return Reading(fault=head.partition(b"\r\n")[0].decode())
        async for line in chunked_lines(reader):
            reading.arrivals.append(time.perf_counter() - begun)
            found = json.loads(line)
            if (found["id"], found["number"]) != (identity, len(reading.arrivals) - 1):
                reading.fault = f"{identity} got line {found['number']} of {found['id']}"
        writer.close()
    except (OSError, asyncio.IncompleteReadError, ValueError) as error:
        reading.fault = repr(error)
    if len(reading.arrivals) != lines and not reading.fault:
        reading.fault = f"{identity} was cut after {len(reading.arrivals)} of {lines} lines"
    return reading


async def requests_per_second(place: Place, connections: int, seconds: float) -> float:
    """How many small requests are answered, over connections that are kept."""
    until = time.perf_counter() + seconds
    answered = 0

    async def ask() -> None:
        nonlocal answered
        while time.perf_counter() < until:
            reader, writer = await place.connect()
            # nginx closes a connection after 1000 requests.
            for _number in range(500):
                writer.write(f"GET /small HTTP/1.1\r\nHost: {place.name}\r\n\r\n".encode())
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
                await reader.readexactly(length)
                answered += 1
                if time.perf_counter() >= until:
                    break
            writer.close()

    await asyncio.gather(*(ask() for _number in range(connections)))
    return answered / seconds
