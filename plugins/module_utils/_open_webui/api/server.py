# Copyright (c) 2026, the selfhosted.llm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: it may change at any time.

"""Open WebUI's server: its version, signing in, and questions and answers of any kind. Paths of kinds are beside it."""

from __future__ import annotations

import contextlib
import json
import typing as t
from dataclasses import dataclass

from ansible_collections.selfhosted.llm.plugins.module_utils._errors import (
    ApiError,
    BadReply,
    InvalidInput,
    ServerRefused,
)
from ansible_collections.selfhosted.llm.plugins.module_utils._http import Client, Connection, Service

# From this version on an import of settings merges; before, it replaced all that was stored.
OLDEST_VERSION = (0, 10, 0)
API_KEY_PREFIX = "sk-"
# Only an admin is told which events there are, and with them the server's version: one request answers both questions.
EVENTS = "/api/events"
# The server's words for a token that it does not take, ...
TOKEN_IS_BAD = (
    "Not authenticated",
    "Invalid token",
    "Your session has expired or the token is invalid. Please sign in again.",
)
# ... which for one that is expired or malformed are those that it also has for things that are not there.
UNAUTHORIZED = "401 Unauthorized"
# For some kinds of things it says so with a 401.
NOT_THERE = "We could not find what you're looking for"
KEYS_ARE_OFF = "Use of API key is not enabled in the environment."
NOT_ALLOWED = "You do not have permission to access this resource."


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

    def __init__(self, connection: Connection, connections: int = 1) -> None:
        # Its server closes connections after five seconds, which is just when a document has been embedded.
        self._client = Client(connection, Service("Open WebUI", keeps_connections=False), connections)
        self.url = self._client.url
        self.account: Account | None = None
        # An API key outlives a change of the password, a session does not.
        self.by_api_key = (connection.token or "").startswith(API_KEY_PREFIX)
        self._let_in = False
        self._remembered: dict[str, t.Any] | None = None
        version = self._version_for_admin() if connection.token else None
        # Where there is an admin, there are accounts.
        self.is_empty, self.version = (False, version) if version else self._introduction()
        self._refuse_old()

    def since(self, *release: int) -> bool:
        """Whether the server is of this version or a newer one."""
        return tuple(int(part) for part in self.version.split(".")[:3] if part.isdigit()) >= release

    def _refuse_old(self) -> None:
        if not self.since(*OLDEST_VERSION):
            oldest = ".".join(str(part) for part in OLDEST_VERSION)
            raise InvalidInput(f"Open WebUI at {self.url} is version {self.version}: {oldest} or newer is needed.")

    def _version_for_admin(self) -> str | None:
        """The version, where the token is an admin's; None where it does not come to light whose it is.

        Raises InvalidInput for the token of somebody who is no admin.
        """
        try:
            reply = self._client.request("GET", EVENTS)
        except ServerRefused as error:
            # An API key that may not ask for this is answered with a 403, and may be an admin's.
            if error.status == 401 and error.reason.startswith(NOT_ALLOWED):
                raise self._no_admin(self._own_email()) from error
            return None
        except BadReply:
            return None
        self._let_in = isinstance(reply, dict) and "schema" in reply
        return str(reply["schema"]) if self._let_in else None

    def _introduction(self) -> tuple[bool, str]:
        """Whether the server has no accounts, and its version: what it tells anybody."""
        config = self._config()
        if not isinstance(config, dict) or "version" not in config:
            raise BadReply(f"{self.url} answers, but not as Open WebUI does: is api_url right?")
        # The key is there only while there are no accounts.
        return bool(config.get("onboarding")), str(config["version"])

    def _config(self) -> t.Any:
        try:
            return self._client.request("GET", "/api/config")
        except ServerRefused as error:
            raise BadReply(
                f"{self.url} answers, but not as Open WebUI does (GET /api/config: {error.status}):"
                " is api_url right, and is Open WebUI running there?"
            ) from error

    def get(self, path: str) -> t.Any:
        """The JSON that GET answers."""
        if self._remembered is None:
            return self._ask("GET", path)
        if path not in self._remembered:
            self._remembered[path] = self._ask("GET", path)
        return self._remembered[path]

    def remember(self) -> None:
        """Ask for nothing twice from now on: somebody only looks."""
        self._remembered = {}

    def post(self, path: str, body: t.Any = None, timeout: float | None = None) -> t.Any:
        """The JSON that POST answers; `body` goes as JSON. `timeout` in seconds, if not the usual one."""
        return self._ask("POST", path, body, timeout)

    def upload(self, path: str, file: str, name: str, metadata: t.Mapping[str, str]) -> t.Any:
        """The JSON that POST answers to a file, which is called `name` there, and what is to be known of it."""
        fields = {"metadata": json.dumps(metadata)}
        return self._explained(f"POST {path}", lambda: self._client.upload_form(path, fields, file, name))

    def delete(self, path: str) -> None:
        """DELETE; what is not there is fine."""
        try:
            self._ask("DELETE", path)
        except ServerRefused as error:
            if error.status != 404 and not error.reason.startswith(NOT_THERE):
                raise

    def _ask(self, method: str, path: str, body: t.Any = None, timeout: float | None = None) -> t.Any:
        return self._explained(f"{method} {path}", lambda: self._client.request(method, path, body, timeout))

    def _explained(self, request: str, ask: t.Callable[[], t.Any]) -> t.Any:
        try:
            reply = ask()
        except ServerRefused as error:
            explained = self._not_let_in(error, request)
            if explained is None:
                raise
            raise explained from error
        self._let_in = True
        return reply

    def _not_let_in(self, error: ServerRefused, request: str) -> ServerRefused | None:
        """The sentence for a token that the server does not take; None where it means something else."""
        if error.status not in (401, 403):
            return None
        if error.reason in TOKEN_IS_BAD or (error.reason == UNAUTHORIZED and not self._let_in):
            sentence = (
                f"Open WebUI at {self.url} does not accept the API key or session token ({error.reason}): it has"
                " expired, was revoked, or is another server's. Sign in again, or give another api_token."
            )
        elif error.reason == KEYS_ARE_OFF:
            sentence = (
                f"Open WebUI at {self.url} takes no API keys: set ENABLE_API_KEYS to true with"
                " selfhosted.llm.open_webui_settings, signed in with a password."
            )
        elif error.reason.startswith(NOT_ALLOWED):
            sentence = (
                f"Open WebUI at {self.url} does not allow {request}: sign in as an admin, and with a password instead"
                " of an API key where ENABLE_API_KEYS_ENDPOINT_RESTRICTIONS is on."
            )
        else:
            return None
        return ServerRefused(sentence, error.status, error.reason)

    @contextlib.contextmanager
    def understood(self, path: str) -> t.Iterator[None]:
        """Turns an answer of another shape than expected into a sentence."""
        try:
            yield
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise BadReply(
                f"{self.url} answered {path} in a form that this collection does not know ({error!r}):"
                " look for a newer version of it."
            ) from error

    def own_email(self) -> str:
        """The address of the account that is signed in."""
        email = self.account.email if self.account else self._own_email()
        if email is None:
            raise ApiError(
                f"Open WebUI at {self.url} does not tell whose API key this is: sign in with a password,"
                " or set ENABLE_USER_STATUS to true."
            )
        return email

    def _own_email(self) -> str | None:
        """The address of the account that the token is of; None where the server does not tell."""
        # The first does not answer where the status of people is turned off, the second not to an API key.
        for path in ("/api/v1/users/user/status", "/api/v1/auths/"):
            with contextlib.suppress(ServerRefused):
                reply = self.get(path)
                with self.understood(path):
                    return str(reply["email"])
        return None

    def _no_admin(self, email: str | None) -> InvalidInput:
        # Such an account would not see what is there, and make it once more.
        return InvalidInput(
            f"{email or 'The account of this api_token'} is no admin of Open WebUI at {self.url}, and sees only what is"
            " its own or shared with it: give the api_token, or the api_email and api_password, of an admin."
        )

    def sign_up(self, email: str, password: str, name: str) -> Account:
        """Make an account; the first one of a server is its admin."""
        return self._enter("/api/v1/auths/signup", {"email": email, "password": password, "name": name})

    def sign_in_admin(self, email: str, password: str) -> Account:
        """Sign in with a password; raises InvalidInput for somebody who is no admin."""
        account = self.sign_in(email, password)
        if account.role != "admin":
            raise self._no_admin(account.email)
        return account

    def sign_in(self, email: str, password: str) -> Account:
        """Sign in with a password; the server allows 15 in three minutes."""
        try:
            return self._enter("/api/v1/auths/signin", {"email": email, "password": password})
        except ServerRefused as error:
            raise self._sign_in_refused(error, email) from error

    def _sign_in_refused(self, error: ServerRefused, email: str) -> ApiError:
        if error.status == 429:
            return ApiError(f"Open WebUI at {self.url} has seen too many sign-ins of {email}: wait three minutes.")
        if error.status == 403:
            return ApiError(
                f"Open WebUI at {self.url} lets nobody sign in with a password ({error.reason}):"
                " give an API key of an admin as api_token."
            )
        if error.status in (400, 401):
            return ApiError(
                f"Open WebUI at {self.url} does not let {email} sign in ({error.reason}):"
                " give the address and password of an admin that it has."
            )
        return error

    def _enter(self, path: str, body: dict[str, str]) -> Account:
        reply = self._client.request("POST", path, body)
        with self.understood(path):
            account = Account(email=reply["email"], name=reply["name"], role=reply["role"], token=reply["token"])
        self._client.authorize(account.token)
        self.account = account
        self.by_api_key = False
        self._let_in = True
        return account


def connect(connection: Connection, params: t.Mapping[str, t.Any], connections: int = 1) -> OpenWebUI:
    """A server, signed in to with the module's C(api_token), or C(api_email) and C(api_password).

    So many `connections` are kept, for threads.
    """
    if not params["api_token"] and not (params["api_email"] and params["api_password"]):
        raise InvalidInput("Give api_token, or api_email and api_password, of an admin.")
    server = OpenWebUI(connection, connections)
    if not params["api_token"]:
        server.sign_in_admin(params["api_email"], params["api_password"])
    return server
