# Copyright (c) 2026, the selfhosted.llm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: it may change at any time.

"""A visit to Open WebUI as a browser makes it, through whatever stands before it.

With the standard library, unlike C(_http): on a machine that is only a proxy there is no C(requests), and a site is
visited under its name at an address that the name need not lead to.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import http.client
import json
import os
import socket
import ssl
import typing as t
from dataclasses import dataclass
from urllib.parse import urlsplit

from ansible_collections.selfhosted.llm.plugins.module_utils._errors import BadReply, InvalidInput, Unreachable

DEFAULT_PORTS = {"http": 80, "https": 443}
# What RFC 6455 has a server put behind a client's key.
WEBSOCKET_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
# What nginx and others answer for a server behind them.
NOT_REACHED = (502, 503, 504)


@dataclass(frozen=True)
class Site:
    """A site as a browser's address bar has it, and the host and port at which it is looked for."""

    url: str
    scheme: str
    name: str
    origin: str
    address: tuple[str, int]


def site_from(url: str, connect_to: str | None) -> Site:
    """The site of `url`, looked for at `connect_to` (host:port) if given.

    Raises InvalidInput for anything but the URL of a site, and an address without a port.
    """
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError as error:
        raise InvalidInput(f"url '{url}' is no URL: {error}.") from error
    if parts.scheme not in DEFAULT_PORTS or not parts.hostname or parts.path.strip("/") or parts.query:
        raise InvalidInput(f"url '{url}' is not the URL of a site, such as https://chat.example.com.")
    address = (parts.hostname, port or DEFAULT_PORTS[parts.scheme])
    if connect_to:
        host, colon, number = connect_to.rpartition(":")
        if not colon or not host or not number.isdigit():
            raise InvalidInput(f"connect_to '{connect_to}' is no host and port, such as 127.0.0.1:443.")
        address = (host.strip("[]"), int(number))
    return Site(url, parts.scheme, parts.hostname, f"{parts.scheme}://{parts.netloc.lower()}", address)


@dataclass(frozen=True)
class Reply:
    """An HTTP answer; the names of headers are in small letters."""

    status: int
    headers: dict[str, str]
    body: bytes


class _Connection(http.client.HTTPConnection):
    """A connection to a site's address, over TLS under the site's name."""

    def __init__(self, site: Site, trust: ssl.SSLContext | None, timeout: float) -> None:
        super().__init__(site.name, site.address[1], timeout=timeout)
        self.site = site
        self.trust = trust

    def connect(self) -> None:
        plain = socket.create_connection(self.site.address, self.timeout)
        self.sock = self.trust.wrap_socket(plain, server_hostname=self.site.name) if self.trust else plain


class Visitor:
    """Somebody with a browser. Each request goes over a connection of its own; `timeout` is in seconds."""

    def __init__(self, site: Site, trust: ssl.SSLContext | None, timeout: float) -> None:
        self._site = site
        self._trust = trust if site.scheme == "https" else None
        self._timeout = timeout

    def health(self) -> None:
        """Raises BadReply unless Open WebUI answers."""
        reply = self._ask("GET", "/health")
        if reply.status in NOT_REACHED:
            raise BadReply(
                f"{self._site.url} is answered by a proxy that does not reach Open WebUI ({reply.status}):"
                " is it running, and at the address that the proxy has for it?"
            )
        healthy = None
        with contextlib.suppress(ValueError):
            healthy = json.loads(reply.body)
        if reply.status != 200 or healthy != {"status": True}:
            raise BadReply(
                f"{self._site.url} answers, but not as Open WebUI does (GET /health: {reply.status}):"
                " does the proxy pass requests for this name to it?"
            )

    def websocket(self) -> None:
        """Raises BadReply unless a WebSocket opens, over which the words of an answer come."""
        key = base64.b64encode(os.urandom(16)).decode()
        reply = self._ask(
            "GET",
            "/ws/socket.io/?EIO=4&transport=websocket",
            {
                "Connection": "Upgrade",
                "Upgrade": "websocket",
                "Origin": self._site.origin,
                "Sec-WebSocket-Key": key,
                "Sec-WebSocket-Version": "13",
            },
        )
        if reply.status == 403:
            raise BadReply(
                f"Open WebUI does not serve pages of {self._site.origin} (403): its CORS_ALLOW_ORIGIN has other"
                " addresses than people use (open_webui_public_urls of the role)."
            )
        accept = base64.b64encode(hashlib.sha1((key + WEBSOCKET_GUID).encode()).digest()).decode()
        if reply.status != 101 or reply.headers.get("sec-websocket-accept") != accept:
            raise BadReply(
                f"{self._site.url} opens no WebSocket ({reply.status}), so no answer would appear in a chat:"
                " the proxy must use HTTP/1.1 and pass on the headers Upgrade and Connection."
            )

    def upload(self, size: int) -> None:
        """Raises BadReply when `size` bytes are too much on the way to Open WebUI, which itself refuses a stranger."""
        reply = self._ask("POST", "/api/v1/files/", {"Content-Type": "application/octet-stream"}, bytes(size))
        if reply.status == 413:
            raise BadReply(
                f"{self._site.url} takes no uploads of {size} bytes (413): raise the proxy's limit"
                " (client_max_body_size of nginx)."
            )

    def certificate(self) -> dict[str, t.Any] | None:
        """The certificate as C(ssl) tells it, None over plain HTTP and where it is not checked."""
        connection = _Connection(self._site, self._trust, self._timeout)
        with self._explained(), contextlib.closing(connection):
            connection.connect()
            if isinstance(connection.sock, ssl.SSLSocket):
                return connection.sock.getpeercert() or None
        return None

    def _ask(
        self, method: str, path: str, headers: t.Mapping[str, str] | None = None, body: bytes | None = None
    ) -> Reply:
        connection = _Connection(self._site, self._trust, self._timeout)
        host = {"Host": self._site.origin.partition("://")[2]}
        with self._explained(), contextlib.closing(connection):
            # Who refuses a body may hang up while it is still coming.
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                connection.request(method, path, body, {**host, **(headers or {})})
            reply = connection.getresponse()
            names = {name.lower(): value for name, value in reply.getheaders()}
            return Reply(reply.status, names, reply.read())

    @contextlib.contextmanager
    def _explained(self) -> t.Iterator[None]:
        where = f"{self._site.url} ({self._site.address[0]} port {self._site.address[1]})"
        try:
            yield
        except ssl.SSLCertVerificationError as error:
            raise Unreachable(f"The certificate of {where} does not fit: {error.verify_message}.") from error
        except ssl.SSLError as error:
            raise Unreachable(f"{where} speaks no TLS that is understood here: {error.reason}.") from error
        except TimeoutError as error:
            raise Unreachable(f"{where} did not answer within {self._timeout} seconds.") from error
        except (OSError, http.client.HTTPException) as error:
            reason = getattr(error, "strerror", None) or error
            raise Unreachable(f"Nobody answers at {where}: {reason}. Is the proxy running?") from error


def trust_from(validate_certs: bool, ca_path: str | None) -> ssl.SSLContext:
    """What certificates are believed: those of the system, or those of C(ca_path), be it an authority or a site's own.

    Raises InvalidInput for a file that holds none.
    """
    if not validate_certs:
        trust = ssl.create_default_context()
        trust.check_hostname = False
        trust.verify_mode = ssl.CERT_NONE
        return trust
    try:
        trust = ssl.create_default_context(cafile=ca_path)
    except OSError as error:
        raise InvalidInput(f"ca_path '{ca_path}' holds no certificates: {error.strerror or error}.") from error
    trust.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    return trust
