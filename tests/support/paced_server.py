"""A server that answers as a model does: line by line, at a pace. Runs on a test host with Python's standard library.

GET /stream/ID?lines=N&every=SECONDS answers N lines of JSON, each with the ID and its number. As Go's server, and so
Ollama, it sends chunks to HTTP/1.1 and ends the connection for HTTP/1.0. Anything else is answered at once.
"""

from __future__ import annotations

import asyncio
import json
import sys
from urllib.parse import parse_qs, urlsplit


async def stream(writer: asyncio.StreamWriter, path: str, chunked: bool) -> None:
    parts = urlsplit(path)
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    for number in range(int(query["lines"])):
        line = json.dumps({"id": parts.path.rpartition("/")[2], "number": number, "text": "x" * 100}).encode() + b"\n"
        writer.write(b"%x\r\n%s\r\n" % (len(line), line) if chunked else line)
        await writer.drain()
        await asyncio.sleep(float(query["every"]))
    if chunked:
        writer.write(b"0\r\n\r\n")


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while request := await reader.readuntil(b"\r\n\r\n"):
            _method, path, version = request.partition(b"\r\n")[0].decode().split()
            chunked = version == "HTTP/1.1"
            if path.startswith("/stream/"):
                framing = "Transfer-Encoding: chunked" if chunked else "Connection: close"
                writer.write(f"HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\n{framing}\r\n\r\n".encode())
                await stream(writer, path, chunked)
            else:
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok")
            await writer.drain()
            if not chunked:
                break
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


async def main() -> None:
    server = await asyncio.start_server(answer, "0.0.0.0", int(sys.argv[1]), backlog=1024)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
