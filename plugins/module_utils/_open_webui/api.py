# Copyright (c) 2026, the selfhosted.llm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: it may change at any time.

"""Open WebUI's HTTP API: the only file that knows its paths."""

from __future__ import annotations

import contextlib
import typing as t
from dataclasses import dataclass

from ansible_collections.selfhosted.llm.plugins.module_utils._errors import (
    ApiError,
    BadReply,
    InvalidInput,
    ServerRefused,
)
from ansible_collections.selfhosted.llm.plugins.module_utils._http import Client, Connection, Service
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.connection import OllamaConnections

# From this version on an import of settings merges; before, it replaced all that was stored.
OLDEST_VERSION = (0, 10, 0)


@dataclass(frozen=True)
class Account:
    """Who a sign-in or a sign-up turned out to be."""

    email: str
    name: str
    role: str
    token: str

    def public(self) -> dict[str, str]:
        """What may be shown of it."""
        return {"email": self.email, "name": self.name, "role": self.role}


class OpenWebUI:
    """An Open WebUI server; raises the errors of `_errors`."""

    def __init__(self, connection: Connection) -> None:
        self._client = Client(connection, Service("Open WebUI"))
        self.url = self._client.url
        config = self._client.request("GET", "/api/config")
        if not isinstance(config, dict) or "version" not in config:
            raise BadReply(f"{self.url} answers, but not as Open WebUI does: is api_url right?")
        # The key is there only while there are no accounts.
        self.is_empty = bool(config.get("onboarding"))
        self._refuse_old(str(config["version"]))

    @contextlib.contextmanager
    def _understood(self, path: str) -> t.Iterator[None]:
        """Turns an answer of another shape than expected into a sentence."""
        try:
            yield
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise BadReply(
                f"{self.url} answered {path} in a form that this collection does not know ({error!r}):"
                " look for a newer version of it."
            ) from error

    def _refuse_old(self, version: str) -> None:
        numbers = tuple(int(part) for part in version.split(".")[:3] if part.isdigit())
        if numbers < OLDEST_VERSION:
            oldest = ".".join(str(part) for part in OLDEST_VERSION)
            raise InvalidInput(f"Open WebUI at {self.url} is version {version}: {oldest} or newer is needed.")

    def sign_up(self, email: str, password: str, name: str) -> Account:
        """Make an account; the first one of a server is its admin."""
        return self._enter("/api/v1/auths/signup", {"email": email, "password": password, "name": name})

    def sign_in(self, email: str, password: str) -> Account:
        """Sign in with a password; the server allows 15 in three minutes."""
        try:
            return self._enter("/api/v1/auths/signin", {"email": email, "password": password})
        except ServerRefused as error:
            raise self._sign_in_refused(error, email) from error

    def _sign_in_refused(self, error: ServerRefused, email: str) -> ApiError:
        if error.status == 429:
            return ApiError(f"Open WebUI at {self.url} has seen too many sign-ins of {email}: wait three minutes.")
        if error.status in (400, 401, 403):
            return ApiError(
                f"Open WebUI at {self.url} does not let {email} sign in ({error.reason}):"
                " give the address and password of an admin that it has."
            )
        return error

    def _enter(self, path: str, body: dict[str, str]) -> Account:
        reply = self._client.request("POST", path, body)
        with self._understood(path):
            account = Account(email=reply["email"], name=reply["name"], role=reply["role"], token=reply["token"])
        self._client.authorize(account.token)
        return account

    def ollama_connections(self) -> OllamaConnections:
        """The connections to Ollama servers as they are stored."""
        reply = self._client.request("GET", "/ollama/config")
        with self._understood("/ollama/config"):
            urls, configs = reply["OLLAMA_BASE_URLS"], reply["OLLAMA_API_CONFIGS"] or {}
            return OllamaConnections(
                enabled=bool(reply["ENABLE_OLLAMA_API"]),
                urls=tuple(urls),
                # Keyed by position; servers that were upgraded from old ones may still have keys by URL.
                configs=tuple(configs.get(str(index), configs.get(url, {})) for index, url in enumerate(urls)),
            )

    def store_ollama_connections(self, connections: OllamaConnections) -> None:
        """Replace all connections to Ollama servers."""
        self._client.request(
            "POST",
            "/ollama/config/update",
            {
                "ENABLE_OLLAMA_API": connections.enabled,
                "OLLAMA_BASE_URLS": list(connections.urls),
                "OLLAMA_API_CONFIGS": {str(index): config for index, config in enumerate(connections.configs)},
            },
        )

    def verify_ollama(self, url: str) -> None:
        """Let the server try a connection to an Ollama server, which is not stored by this."""
        try:
            self._client.request("POST", "/ollama/verify", {"url": url, "key": ""})
        except ServerRefused as error:
            raise ApiError(
                f"Open WebUI at {self.url} finds no Ollama at {url} ({error.reason}):"
                " is it running there, and reachable from the machine of Open WebUI?"
            ) from error

    def settings(self) -> dict[str, t.Any]:
        """All stored settings by their stored names, secrets included."""
        reply = self._client.request("GET", "/api/v1/configs/export")
        with self._understood("/api/v1/configs/export"):
            return dict(reply)

    def store_settings(self, settings: dict[str, t.Any]) -> None:
        """Store these settings and leave the others as they are. The server checks nothing."""
        self._client.request("POST", "/api/v1/configs/import", {"config": settings})


def connect(connection: Connection, params: t.Mapping[str, t.Any]) -> OpenWebUI:
    """A server, signed in to with the module's C(api_token), or C(api_email) and C(api_password)."""
    if not params["api_token"] and not (params["api_email"] and params["api_password"]):
        raise InvalidInput("Give api_token, or api_email and api_password, of an admin.")
    server = OpenWebUI(connection)
    if not params["api_token"]:
        server.sign_in(params["api_email"], params["api_password"])
    return server
