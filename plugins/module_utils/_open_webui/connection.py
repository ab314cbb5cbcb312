# Copyright (c) 2026, the selfhosted.llm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: it may change at any time.

"""Open WebUI's connections to Ollama servers: plain data, and what a task makes of it."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from ansible_collections.selfhosted.llm.plugins.module_utils._errors import InvalidInput


@dataclass(frozen=True)
class OllamaConnections:
    """What is stored: URLs in their order, and for each its further options (keys, tags, ...)."""

    enabled: bool
    urls: tuple[str, ...]
    configs: tuple[dict[str, t.Any], ...] = field(repr=False)

    def public(self) -> dict[str, t.Any]:
        """What may be shown: options may hold keys."""
        return {"enabled": self.enabled, "urls": list(self.urls)}


@dataclass(frozen=True)
class Wanted:
    """A connection of the task's list."""

    url: str
    present: bool


def normalise(url: str) -> str:
    """A URL without the slash at its end, which the server would store as another one."""
    return url.rstrip("/")


def from_params(connections: t.Sequence[t.Mapping[str, str]]) -> list[Wanted]:
    """The task's list, each element with C(url) and C(state).

    Raises InvalidInput when a URL is none, or stands in the list twice.
    """
    wanted = [Wanted(normalise(item["url"]), item["state"] == "present") for item in connections]
    for index, connection in enumerate(wanted):
        if not connection.url.startswith(("http://", "https://")):
            raise InvalidInput(f"Connection '{connection.url}': a URL must begin with http:// or https://.")
        if any(connection.url == other.url for other in wanted[:index]):
            raise InvalidInput(f"The list names the connection '{connection.url}' twice: leave one of them out.")
    return wanted


def plan(current: OllamaConnections, wanted: t.Sequence[Wanted], exclusive: bool) -> OllamaConnections:
    """What should be stored.

    Connections keep their place and their options; new ones come last. With `exclusive` just those
    of the list are kept, in its order.
    """
    options = {normalise(url): config for url, config in zip(current.urls, current.configs, strict=True)}
    present = [connection.url for connection in wanted if connection.present]
    absent = {connection.url for connection in wanted if not connection.present}
    if exclusive:
        urls = present
    else:
        kept = [url for url in options if url not in absent]
        urls = kept + [url for url in present if url not in kept]
    return OllamaConnections(
        enabled=current.enabled or bool(present),
        urls=tuple(urls),
        configs=tuple(options.get(url, {}) for url in urls),
    )
