# Copyright (c) 2026, the selfhosted.llm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: it may change at any time.

"""Ollama's HTTP API: the only file that knows its paths."""

from __future__ import annotations

import time

from ansible_collections.selfhosted.llm.plugins.module_utils._errors import BadReply, ServerRefused
from ansible_collections.selfhosted.llm.plugins.module_utils._http import Client, Connection
from ansible_collections.selfhosted.llm.plugins.module_utils._ollama.model import Model, from_reply
from ansible_collections.selfhosted.llm.plugins.module_utils._ollama.name import Name
from ansible_collections.selfhosted.llm.plugins.module_utils._ollama.pull import PullFailed, Watch, explain, follow


class Ollama:
    """An Ollama server; raises the errors of `_errors`."""

    def __init__(self, connection: Connection) -> None:
        self._client = Client(connection, service="Ollama")
        self.url = self._client.url

    def models(self) -> list[Model]:
        """All models that the server has."""
        try:
            reply = self._client.request("GET", "/api/tags")
            return [from_reply(model) for model in reply["models"]]
        except (KeyError, TypeError) as error:
            raise BadReply(f"{self.url} answers, but not as Ollama does: is api_url right?") from error

    def pull(self, name: Name, stall_timeout: int) -> None:
        """Fetch a model; return when the server says that it has all of it and can show it.

        Raises PullFailed when it does not come to that.
        """
        watch = Watch(stall_timeout, time.monotonic)
        lines = self._client.stream("POST", "/api/pull", {"model": str(name)}, timeout=stall_timeout)
        try:
            follow(lines, name, watch)
            self._client.request("POST", "/api/show", {"model": str(name)})
        except ServerRefused as error:
            raise PullFailed(explain(error.reason, name)) from error

    def delete(self, name: Name) -> None:
        """Remove a model; one that is not there is fine."""
        try:
            self._client.request("DELETE", "/api/delete", {"model": str(name)})
        except ServerRefused as error:
            if error.status != 404:
                raise
