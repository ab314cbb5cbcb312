# Copyright (c) 2026, the selfhosted.llm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: it may change at any time.

"""Ollama's HTTP API: the only file that knows its paths."""

from __future__ import annotations

import typing as t

from ansible_collections.selfhosted.llm.plugins.module_utils._errors import BadReply, ServerRefused
from ansible_collections.selfhosted.llm.plugins.module_utils._http import Client, Connection, Service
from ansible_collections.selfhosted.llm.plugins.module_utils._ollama.model import Model, from_reply
from ansible_collections.selfhosted.llm.plugins.module_utils._ollama.name import Name
from ansible_collections.selfhosted.llm.plugins.module_utils._ollama.pull import Progress, follow
from ansible_collections.selfhosted.llm.plugins.module_utils._ollama.pull_errors import PullFailed, explain


class Ollama:
    """An Ollama server; raises the errors of `_errors`."""

    def __init__(self, connection: Connection) -> None:
        self._client = Client(connection, Service("Ollama"))
        self.url = self._client.url

    def models(self) -> list[Model]:
        """All models that the server has."""
        try:
            reply = self._client.request("GET", "/api/tags")
            return [from_reply(model) for model in reply["models"]]
        except (KeyError, TypeError) as error:
            raise BadReply(f"{self.url} answers, but not as Ollama does: is api_url right?") from error

    def has_blob(self, digest: str) -> bool:
        """Whether the server has all of a blob; `digest` is 64 hexadecimal digits."""
        return self._client.exists(f"/api/blobs/sha256:{digest}")

    def pull(self, name: Name, progress: Progress, stall_timeout: float, pause: t.Callable[[], bool]) -> None:
        """Fetch a model; return when the server says that it has all of it and can show it.

        Raises PullFailed when it does not come to that, PullPaused when `pause` said so. `stall_timeout` in seconds.
        """
        patience = max(1.0, stall_timeout - progress.quiet)
        lines = self._client.stream("POST", "/api/pull", {"model": str(name)}, timeout=patience)
        try:
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
            ) from error

    def delete(self, name: Name) -> None:
        """Remove a model; one that is not there is fine."""
        try:
            self._client.request("DELETE", "/api/delete", {"model": str(name)})
        except ServerRefused as error:
            if error.status != 404:
                raise
