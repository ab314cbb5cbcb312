# Copyright (c) 2026, the selfhosted.llm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: it may change at any time.

"""Ollama's HTTP API: the only file that knows its paths."""

from __future__ import annotations

import re
import typing as t
from contextlib import closing

from ansible_collections.selfhosted.llm.plugins.module_utils._errors import (
    ApiError,
    BadReply,
    BrokeOff,
    ServerRefused,
    Unreachable,
    stopped,
)
from ansible_collections.selfhosted.llm.plugins.module_utils._http import Client, Connection, Service
from ansible_collections.selfhosted.llm.plugins.module_utils._ollama.answer import Answer, read
from ansible_collections.selfhosted.llm.plugins.module_utils._ollama.create import (
    GIVEN_MAY_END_IT,
    CreateFailed,
    follow_create,
)
from ansible_collections.selfhosted.llm.plugins.module_utils._ollama.model import Model, from_reply
from ansible_collections.selfhosted.llm.plugins.module_utils._ollama.name import Name
from ansible_collections.selfhosted.llm.plugins.module_utils._ollama.pull import Progress, follow
from ansible_collections.selfhosted.llm.plugins.module_utils._ollama.pull_errors import PullFailed, explain

FORBIDDEN = (
    "a server that listens on loopback answers to such names as localhost and 127.0.0.1 only: use one of them in"
    " api_url, and let a proxy send it as Host"
)
MODEL_MAY_END_IT = "A damaged model can end the server as a whole: look at its log, and make or pull the model anew"


class Ollama:
    """An Ollama server; raises the errors of `_errors`."""

    def __init__(self, connection: Connection) -> None:
        self._client = Client(connection, Service("Ollama", forbidden=FORBIDDEN))
        self.url = self._client.url

    def models(self) -> list[Model]:
        """All models that the server has."""
        return [from_reply(model) for model in self.tags()]

    def tags(self) -> list[dict[str, t.Any]]:
        """All models that the server has, as GET /api/tags lists them."""
        return list(self._member("/api/tags", "models", list))

    def has_blob(self, digest: str) -> bool:
        """Whether the server has all of a blob; `digest` is 64 hexadecimal digits."""
        return self._client.exists(f"/api/blobs/sha256:{digest}")

    def pull(self, name: Name, progress: Progress, stall_timeout: float, pause: t.Callable[[], bool]) -> None:
        """Fetch a model; return when the server says that it has all of it and can show it.

        Raises PullFailed when it does not come to that, PullPaused when `pause` said so. `stall_timeout` in seconds.
        """
        patience = max(1.0, stall_timeout - progress.quiet)
        try:
            # Closed at once when it is left: that is how the server learns of it.
            with closing(self._client.stream("POST", "/api/pull", {"model": str(name)}, timeout=patience)) as lines:
                follow(lines, name, progress, stall_timeout, pause)
        except ServerRefused as error:
            raise explain(error.reason, name) from error
        self._prove(name)

    def _prove(self, name: Name) -> None:
        """Remove a model that the server took and cannot show: some such break the server at its next start."""
        try:
            self._client.request("POST", "/api/show", {"model": str(name)})
        except ServerRefused as error:
            # Anything else comes from a proxy in between, and says nothing about the model.
            if error.status not in (404, 500):
                raise
            self.delete(name)
            raise PullFailed(
                f"Model '{name}' was not installed: what came from the registry {name.host} is no model"
                f" ({error.reason or 'the server cannot show it'}). It was removed again: check the name, and proxies.",
                # The rest of a damaged download may have been taken for good; it is gone now.
                transient=True,
                kept=False,
            ) from error

    def version(self) -> tuple[int, ...]:
        """The server's version, as numbers that compare."""
        return version_of(self.version_text())

    def version_text(self) -> str:
        """The server's version as it says it."""
        return str(self._member("/api/version", "version", str))

    def show(self, name: Name) -> dict[str, t.Any] | None:
        """All that the server tells of a model; None when it is not there."""
        try:
            return dict(self._client.request("POST", "/api/show", {"model": str(name)}))
        except ServerRefused as error:
            if error.status == 404:
                return None
            raise

    def running(self) -> list[dict[str, t.Any]]:
        """The models in memory, as GET /api/ps lists them, by name."""
        return sorted(self._member("/api/ps", "models", list), key=lambda model: str(model["name"]))

    def keep(self, name: Name, keep_alive: str | float | None, *, embeds: bool, patience: float) -> None:
        """Load a model and say how long it stays; 0 unloads it. `patience` is how long that may take, in seconds.

        `embeds` tells that the model only makes embeddings, which is loaded in another way.
        """
        body = {"model": str(name), "stream": False}
        if keep_alive is not None:
            body["keep_alive"] = keep_alive
        path = "/api/embed" if embeds and keep_alive != 0 else "/api/generate"
        try:
            self._client.request("POST", path, body, timeout=patience)
        except BrokeOff as error:
            raise BrokeOff(f"{error}. {MODEL_MAY_END_IT}.") from error

    def chat(self, body: dict[str, t.Any], patience: float) -> Answer:
        """What a model says; `body` as POST /api/chat takes it, `patience` the longest silence in seconds."""
        try:
            return read(self._client.stream("POST", "/api/chat", body, timeout=patience), body["model"])
        except BrokeOff as error:
            raise ApiError(f"Model '{body['model']}' did not answer: {error}. {MODEL_MAY_END_IT}.") from error
        except (BadReply, ServerRefused, Unreachable) as error:
            raise ApiError(f"Model '{body['model']}' did not answer: {error}") from error

    def upload(self, digest: str, file: str, patience: float) -> None:
        """Store a file as a blob; `digest` is that of the file, 64 hexadecimal digits, `patience` in seconds."""
        try:
            self._client.upload(f"/api/blobs/sha256:{digest}", file, patience)
        except ApiError as error:
            raise ApiError(
                f"The file {file} was not uploaded: {stopped(error)} Has the server's disk room for it?"
            ) from error

    def create(self, body: dict[str, t.Any], stall_timeout: float) -> None:
        """Make a model; `body` as POST /api/create takes it, `stall_timeout` the longest silence in seconds.

        Raises CreateFailed when the server does not come to its success.
        """
        model = body["model"]
        try:
            follow_create(self._client.stream("POST", "/api/create", body, timeout=stall_timeout), model)
        except ServerRefused as error:
            raise CreateFailed(model, f"Ollama said: {error.reason}" if error.reason else str(error)) from error
        except BrokeOff as error:
            raise CreateFailed(model, f"{error}. {GIVEN_MAY_END_IT}") from error
        except Unreachable as error:
            raise CreateFailed(model, str(error)) from error

    def _member(self, path: str, key: str, kind: type) -> t.Any:
        """What GET answers under a key, which must be of a kind."""
        reply = self._client.request("GET", path)
        if not isinstance(reply, dict) or not isinstance(reply.get(key), kind):
            raise BadReply(f"{self.url} answers, but not as Ollama does: is api_url right?")
        return reply[key]

    def delete(self, name: Name) -> None:
        """Remove a model; one that is not there is fine."""
        try:
            self._client.request("DELETE", "/api/delete", {"model": str(name)})
        except ServerRefused as error:
            if error.status != 404:
                raise


def version_of(text: str) -> tuple[int, ...]:
    """Numbers that compare from the text of a version, such as 0.24.0 or 0.33.0-rc2."""
    return tuple(int(number) for number in re.findall(r"\d+", text.split("-")[0])[:3])
