# Copyright (c) 2026, the selfhosted.llm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: it may change at any time.

"""The only file that opens connections: JSON over HTTP, as one answer or as a stream of lines."""

from __future__ import annotations

import ipaddress
import json
import ssl
import traceback
import typing as t
from dataclasses import dataclass
from urllib.parse import urlsplit

from ansible_collections.selfhosted.llm.plugins.module_utils._errors import (
    BadReply,
    BrokeOff,
    InvalidInput,
    MissingLibrary,
    ServerRefused,
    Silent,
    Unreachable,
)
from ansible_collections.selfhosted.llm.plugins.module_utils._form import Form

try:
    import requests
    from urllib3.exceptions import ProtocolError
except ImportError:
    REQUESTS_TRACEBACK: str | None = traceback.format_exc()
else:
    REQUESTS_TRACEBACK = None

# How much of an answer that was not understood is shown.
SHOWN_CHARACTERS = 200
# How many bytes of a file are read at a time.
CHUNK = 1 << 20
# The same for what comes over a network, where a part of so many is lost when the connection breaks off.
DOWNLOAD_CHUNK = 1 << 16


@dataclass(frozen=True)
class Connection:
    """Where a server is and how to talk to it.

    `url` is the base without a path of the API, `token` a bearer token or None, `verify` whether
    certificates are checked or the path of a file of authorities, `timeout` the longest silence
    in seconds. `more_authorities` is a file of those to trust beside the usual ones.
    """

    url: str
    token: str | None
    verify: bool | str
    timeout: int
    more_authorities: str | None = None


def is_loopback(host: str) -> bool:
    """Whether a host name or address is this very machine."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@dataclass(frozen=True)
class Service:
    """What a server is called in sentences, and what the reader can set to reach it.

    `forbidden` is what it means when the server forbids something and gives no reason. `keeps_connections` tells
    whether one is still good for the next request some seconds later.
    """

    name: str
    address: str = "api_url"
    authority: str = "ca_path"
    forbidden: str = ""
    keeps_connections: bool = True


@dataclass(frozen=True)
class Reply:
    """An answer of any status."""

    status: int
    headers: t.Mapping[str, str]
    body: bytes


def _host(url: str, service: Service) -> str:
    """The host of a base URL; raises InvalidInput when it is none."""
    try:
        address = urlsplit(url)
        if address.scheme in ("http", "https") and address.hostname:
            return address.hostname
    except ValueError:
        pass
    raise InvalidInput(f"{service.address} is '{url}': it must look like http://127.0.0.1:11434.")


class _Bearer:
    """Sends a token, or none. Not as a header of the session, which an entry in .netrc would replace."""

    def __init__(self, token: str | None) -> None:
        self._token = token

    def __call__(self, request: t.Any) -> t.Any:
        if self._token:
            request.headers["Authorization"] = f"Bearer {self._token}"
        return request


def _adapter(connections: int, more_authorities: str | None) -> t.Any:
    """What keeps connections; raises Unreachable when the file of authorities cannot be read."""
    if more_authorities is None:
        return requests.adapters.HTTPAdapter(pool_maxsize=connections)
    context = ssl.create_default_context()
    try:
        context.load_verify_locations(more_authorities)
    except OSError as error:
        raise Unreachable(f"The file of authorities {more_authorities} cannot be read: {error}") from error

    class Adapter(requests.adapters.HTTPAdapter):
        def init_poolmanager(self, *args: t.Any, **kwargs: t.Any) -> None:
            super().init_poolmanager(*args, ssl_context=context, **kwargs)  # type: ignore[no-untyped-call]

    return Adapter(pool_maxsize=connections)


class Client:
    """One server, one session; raises the errors of `_errors` and nothing else.

    Threads may share it; so many `connections` are kept.
    """

    def __init__(self, connection: Connection, service: Service, connections: int = 1) -> None:
        if REQUESTS_TRACEBACK is not None:
            raise MissingLibrary("requests", REQUESTS_TRACEBACK)
        if connection.timeout < 1:
            raise InvalidInput(f"timeout is {connection.timeout}: it must be 1 second or more.")
        host = _host(connection.url, service)
        self.service = service
        self.url = connection.url.rstrip("/")
        self.timeout = connection.timeout
        self._session = requests.Session()
        adapter = _adapter(connections, connection.more_authorities)
        self._session.mount("https://", adapter)
        self._session.mount("http://", adapter)
        if not service.keeps_connections:
            self._session.headers["Connection"] = "close"
        # A proxy from the environment cannot reach this machine's own loopback.
        self._session.trust_env = not is_loopback(host)
        # Given with every request: requests lets REQUESTS_CA_BUNDLE win over what the session holds.
        self._verify = connection.verify
        self.authorize(connection.token)

    def authorize(self, token: str | None) -> None:
        """Send `token` with every request from now on."""
        if token:
            self._session.auth = _Bearer(token)

    def request(self, method: str, path: str, body: t.Any = None, timeout: float | None = None) -> t.Any:
        """The JSON of the answer; None when the answer has no body. `timeout` in seconds, if not the usual one."""
        with self._send(method, path, body, stream=False, timeout=timeout or self.timeout) as reply:
            if not reply.content:
                return None
            return self._decode(reply.text, f"{method} {path}")

    def text(self, path: str) -> str:
        """What GET answers, as it is."""
        with self._send("GET", path, None, stream=False, timeout=self.timeout) as reply:
            return str(reply.text)

    def exists(self, path: str) -> bool:
        """Whether HEAD finds something there."""
        try:
            self._send("HEAD", path, None, stream=False, timeout=self.timeout)
        except ServerRefused as error:
            if error.status == 404:
                return False
            raise
        return True

    def fetch(self, path: str, headers: t.Mapping[str, str], token: str | None = None) -> Reply:
        """What GET answers to who shows `token`, whatever its status; redirects are followed."""
        try:
            reply = self._session.get(
                self.url + path,
                headers=dict(headers),
                auth=_Bearer(token),
                timeout=(min(self.timeout, 10), self.timeout),
                verify=self._verify,
            )
        # A host that is no name is a ValueError in the libraries below.
        except (OSError, ValueError) as error:
            raise self._unreachable(error, self.timeout) from error
        return Reply(reply.status_code, reply.headers, reply.content)

    def download(self, path: str, start: int, timeout: float) -> t.Generator[bytes, None, None]:
        """The bytes that GET answers from number `start` on, with at most `timeout` seconds of silence."""
        headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={start}-"} if start else {})
        with self._send("GET", path, None, stream=True, timeout=timeout, headers=headers) as reply:
            # A server that knows no ranges begins from the start again.
            skipped = start if reply.status_code == 200 else 0
            announced, came = int(reply.headers.get("Content-Length") or 0), 0
            try:
                for chunk in reply.iter_content(DOWNLOAD_CHUNK):
                    came += len(chunk)
                    rest, skipped = chunk[skipped:], max(0, skipped - len(chunk))
                    if rest:
                        yield rest
            except (OSError, ValueError) as error:
                raise self._unreachable(error, timeout) from error
            # Older libraries take less than was announced for all of it.
            if came < announced:
                raise BrokeOff(f"{self.service.name} at {self.url} broke off in the middle of its answer")

    def upload(self, path: str, file: str, timeout: float) -> None:
        """POST the bytes of a file, as many as there are, with at most `timeout` seconds of silence."""
        with open(file, "rb") as content:
            self._send("POST", path, None, stream=False, timeout=timeout, content=content)

    def upload_form(self, path: str, fields: t.Mapping[str, str], file: str, name: str) -> t.Any:
        """The JSON that POST answers to a form of `fields` and a file, which is called `name` there."""
        with open(file, "rb") as content:
            form = Form(fields, name, content)
            with self._send("POST", path, None, stream=False, timeout=self.timeout, content=form) as reply:
                return self._decode(reply.text, f"POST {path}")

    def stream(self, method: str, path: str, body: t.Any, timeout: float) -> t.Generator[dict[str, t.Any], None, None]:
        """The JSON objects of an answer that comes line by line, at most `timeout` seconds apart."""
        with self._send(method, path, body, stream=True, timeout=timeout) as reply:
            try:
                for line in reply.iter_lines():
                    if line:
                        yield self._object(line.decode("utf-8", errors="replace"), f"{method} {path}")
            except requests.RequestException as error:
                raise self._unreachable(error, timeout) from error

    def _send(
        self,
        method: str,
        path: str,
        body: t.Any,
        *,
        stream: bool,
        timeout: float,
        content: t.BinaryIO | Form | None = None,
        headers: t.Mapping[str, str] | None = None,
    ) -> requests.Response:
        if isinstance(content, Form):
            headers = {"Content-Type": content.content_type}
        try:
            reply = self._session.request(
                method,
                self.url + path,
                json=body,
                data=content,
                headers=headers,
                stream=stream,
                # The first of the two also counts while the body is sent.
                timeout=(timeout if content else min(timeout, 10), timeout),
                verify=self._verify,
                allow_redirects=False,
            )
            refused = self._refused(reply, f"{method} {path}") if reply.status_code >= 400 else None
        # A file of authorities that is missing is an OSError of its own kind, a host that is no name a ValueError.
        except (OSError, ValueError) as error:
            raise self._unreachable(error, timeout) from error
        if reply.is_redirect:
            target = reply.headers.get("Location", "")
            raise BadReply(
                f"{self.url} redirects {method} {path} to {target}: set {self.service.address} to where"
                f" {self.service.name} is."
            )
        if refused:
            raise refused
        return reply

    def _decode(self, text: str, request: str) -> t.Any:
        try:
            return json.loads(text)
        except ValueError as error:
            raise BadReply(
                f"{self.url} answered {request} with something else than JSON: is {self.service.name} there?"
                f" It began: {text[:SHOWN_CHARACTERS]!r}"
            ) from error

    def _object(self, text: str, request: str) -> dict[str, t.Any]:
        value = self._decode(text, request)
        if not isinstance(value, dict):
            raise BadReply(
                f"{self.url} answered {request} with {text[:SHOWN_CHARACTERS]!r}: is {self.service.name} there?"
            )
        return value

    def _refused(self, reply: requests.Response, request: str) -> ServerRefused:
        try:
            data = reply.json()
        except ValueError:
            reason = " ".join(reply.text[:SHOWN_CHARACTERS].split())
        else:
            # Ollama says "error", Open WebUI says "detail".
            reason = str(data.get("error") or data.get("detail") or data) if isinstance(data, dict) else str(data)
        who = f"{self.service.name} at {self.url}"
        meaning = self.service.forbidden if reply.status_code == 403 else ""
        message = f"{who} answered {request} with {reply.status_code}: {reason or meaning or 'no reason given'}"
        return ServerRefused(message, reply.status_code, reason)

    def _unreachable(self, error: Exception, timeout: float) -> Unreachable:
        who = f"{self.service.name} at {self.url}"
        if isinstance(error, requests.Timeout) or "timed out" in str(error).lower():
            return Silent(f"{who} was silent for {timeout:.0f} seconds")
        if isinstance(error, requests.exceptions.ChunkedEncodingError):
            # What lies below tells of the format of streams.
            return BrokeOff(f"{who} broke off in the middle of its answer")
        if is_cut(error):
            return BrokeOff(f"{who} broke off ({innermost(error)})")
        if isinstance(error, requests.exceptions.SSLError):
            what = f"does not prove who it is ({error}): name its authority with {self.service.authority}"
        elif isinstance(error, requests.ConnectionError):
            what = f"cannot be reached ({innermost(error)}): is it running, and is {self.service.address} right?"
        else:
            what = f"broke off ({innermost(error)})"
        return Unreachable(f"{who} {what}")


def is_cut(error: Exception) -> bool:
    """Whether a connection was there and was cut before an answer came."""
    return isinstance(error, requests.ConnectionError) and any(isinstance(arg, ProtocolError) for arg in error.args)


def innermost(error: BaseException) -> str:
    """The operating system's own words from the bottom of a stack of wrapped errors."""
    while True:
        # What came before an error that hides it was an attempt of the libraries, not a cause.
        context = None if error.__suppress_context__ else error.__context__
        below = error.__cause__ or context or next((a for a in error.args if isinstance(a, BaseException)), None)
        reason = getattr(error, "reason", None)
        below = reason if isinstance(reason, BaseException) else below
        if below is None or below is error:
            return str(error)
        error = below
