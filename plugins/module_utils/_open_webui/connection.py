# Copyright (c) 2026, the selfhosted.llm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: it may change at any time.

"""Open WebUI's connections to servers of models: plain data, and what a task makes of it."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field, replace

from ansible_collections.selfhosted.llm.plugins.module_utils._errors import InvalidInput
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.items import Fields, given
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.secret import told

# What the server calls the options of a connection, by the names of a task.
OPTIONS = {"enabled": "enable", "prefix_id": "prefix_id", "model_ids": "model_ids", "tags": "tags"}
BLANK: Fields = {"enabled": True, "prefix_id": "", "model_ids": [], "tags": []}


@dataclass(frozen=True)
class Connection:
    """A connection as it is stored: its URL, its key, and its other options in the server's own form."""

    url: str
    key: str = field(default="", repr=False)
    config: Fields = field(default_factory=dict)

    @property
    def options(self) -> dict[str, t.Any]:
        """Those of its options that a task can name, in the task's form."""
        options = {name: self.config.get(stored) for name, stored in OPTIONS.items()}
        if options["tags"]:
            options["tags"] = sorted(tag["name"] for tag in options["tags"])
        return {name: BLANK[name] if value is None else value for name, value in options.items()}

    def public(self, before: Connection | None) -> dict[str, t.Any]:
        """What may be shown of it; `before` is what it was."""
        return {"url": self.url, **self.options, "key": told(self.key, before.key if before else "")}


@dataclass(frozen=True)
class Connections:
    """All connections of one type, in their order, and whether the server uses them at all."""

    enabled: bool
    items: tuple[Connection, ...]

    def public(self, before: Connections) -> dict[str, t.Any]:
        """What may be shown of them; `before` is what they were."""
        there = {connection.url: connection for connection in before.items}
        return {
            "enabled": self.enabled,
            "connections": [connection.public(there.get(connection.url)) for connection in self.items],
        }


@dataclass(frozen=True)
class Wanted:
    """A connection of the task's list, with those of its options that the task gives."""

    url: str
    present: bool
    key: str | None = field(default=None, repr=False)
    options: Fields = field(default_factory=dict)


def normalise(url: str) -> str:
    """A URL without the slash at its end, which the server would store as another one."""
    return url.rstrip("/")


def from_params(connections: t.Sequence[Fields]) -> list[Wanted]:
    """The task's list.

    Raises InvalidInput when a URL is none, or stands in the list twice.
    """
    wanted = [_wanted(params) for params in connections]
    for index, connection in enumerate(wanted):
        if not connection.url.startswith(("http://", "https://")):
            raise InvalidInput(f"Connection '{connection.url}': a URL must begin with http:// or https://.")
        if any(connection.url == other.url for other in wanted[:index]):
            raise InvalidInput(f"The list names the connection '{connection.url}' twice: leave one of them out.")
    return wanted


def _wanted(params: Fields) -> Wanted:
    options = given(params, OPTIONS)
    if "tags" in options:
        options["tags"] = sorted(set(options["tags"]))
    return Wanted(normalise(params["url"]), params["state"] == "present", params["key"], options)


def plan(current: Connections, wanted: t.Sequence[Wanted], exclusive: bool) -> Connections:
    """What should be stored.

    Connections keep their place, and what a task does not name of them; new ones come last. With `exclusive` just
    those of the list are kept, in its order.
    """
    there = {normalise(item.url): replace(item, url=normalise(item.url)) for item in current.items}
    present = {item.url: _over(there.get(item.url), item) for item in wanted if item.present}
    absent = {item.url for item in wanted if not item.present}
    if exclusive:
        items = list(present.values())
    else:
        items = [present.get(url, item) for url, item in there.items() if url not in absent]
        items += [item for url, item in present.items() if url not in there]
    return Connections(enabled=current.enabled or bool(present), items=tuple(items))


def _over(found: Connection | None, wanted: Wanted) -> Connection:
    found = found or Connection(wanted.url)
    differing = {name: value for name, value in wanted.options.items() if value != found.options[name]}
    if "tags" in differing:
        differing["tags"] = [{"name": name} for name in differing["tags"]]
    config = {**found.config, **{OPTIONS[name]: value for name, value in differing.items()}}
    return Connection(wanted.url, found.key if wanted.key is None else wanted.key, config)


def to_verify(current: Connections, planned: Connections) -> list[Connection]:
    """Those that are new, or have another key, and are used: the server has to try them before they are stored."""
    known = {(normalise(item.url), item.key) for item in current.items if item.options["enabled"]}
    return [item for item in planned.items if item.options["enabled"] and (item.url, item.key) not in known]
