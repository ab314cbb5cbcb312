# Copyright (c) 2026, the selfhosted.llm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: it may change at any time.

"""The connections to servers of models that Open WebUI stores, of two types: Ollama's, and those of the OpenAI kind."""

from __future__ import annotations

import typing as t

from ansible_collections.selfhosted.llm.plugins.module_utils._errors import ApiError, ServerRefused
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.api.server import OpenWebUI
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.connection import Connection, Connections


class OllamaConnections:
    """Connections to Ollama. The server keeps options and keys by position, so all are written together."""

    what = "Ollama"

    def __init__(self, server: OpenWebUI) -> None:
        self._server = server

    def read(self) -> Connections:
        reply = self._server.get("/ollama/config")
        with self._server.understood("/ollama/config"):
            urls = reply["OLLAMA_BASE_URLS"]
            configs = [_config(reply["OLLAMA_API_CONFIGS"], index, url) for index, url in enumerate(urls)]
            items = [
                Connection(url, config.pop("key", None) or "", config)
                for url, config in zip(urls, configs, strict=True)
            ]
            return Connections(bool(reply["ENABLE_OLLAMA_API"]), tuple(items))

    def store(self, connections: Connections) -> None:
        configs = [{**item.config, **({"key": item.key} if item.key else {})} for item in connections.items]
        self._server.post(
            "/ollama/config/update",
            {
                "ENABLE_OLLAMA_API": connections.enabled,
                "OLLAMA_BASE_URLS": [item.url for item in connections.items],
                "OLLAMA_API_CONFIGS": {str(index): config for index, config in enumerate(configs)},
            },
        )

    def verify(self, connection: Connection) -> None:
        """Let the server try a connection, which is not stored by this; raises ApiError when it does not work."""
        _verify(self._server, "/ollama/verify", connection, self.what)


class OpenAIConnections:
    """Connections to servers of the OpenAI kind."""

    what = "server of the OpenAI kind"

    def __init__(self, server: OpenWebUI) -> None:
        self._server = server

    def read(self) -> Connections:
        reply = self._server.get("/openai/config")
        with self._server.understood("/openai/config"):
            urls, keys = reply["OPENAI_API_BASE_URLS"], reply["OPENAI_API_KEYS"]
            items = [
                Connection(
                    url, keys[index] if index < len(keys) else "", _config(reply["OPENAI_API_CONFIGS"], index, url)
                )
                for index, url in enumerate(urls)
            ]
            return Connections(bool(reply["ENABLE_OPENAI_API"]), tuple(items))

    def store(self, connections: Connections) -> None:
        self._server.post(
            "/openai/config/update",
            {
                "ENABLE_OPENAI_API": connections.enabled,
                "OPENAI_API_BASE_URLS": [item.url for item in connections.items],
                "OPENAI_API_KEYS": [item.key for item in connections.items],
                "OPENAI_API_CONFIGS": {str(index): dict(item.config) for index, item in enumerate(connections.items)},
            },
        )

    def verify(self, connection: Connection) -> None:
        """As for Ollama."""
        _verify(self._server, "/openai/verify", connection, self.what)


TYPES: dict[str, type[OllamaConnections | OpenAIConnections]] = {
    "ollama": OllamaConnections,
    "openai": OpenAIConnections,
}


def _config(configs: dict[str, t.Any] | None, index: int, url: str) -> dict[str, t.Any]:
    # Keyed by position; servers that were upgraded from old ones may still have keys by URL.
    return dict((configs or {}).get(str(index)) or (configs or {}).get(url) or {})


def _verify(server: OpenWebUI, path: str, connection: Connection, what: str) -> None:
    try:
        server.post(path, {"url": connection.url, "key": connection.key, "config": dict(connection.config)})
    except ServerRefused as error:
        raise ApiError(
            f"Open WebUI at {server.url} finds no {what} at {connection.url} ({error.reason}):"
            " is it running there, reachable from the machine of Open WebUI, and is the key right? Nothing was stored."
        ) from error
