# Copyright (c) 2026, the selfhosted.llm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: it may change at any time.

"""The functions of a server."""

from __future__ import annotations

import typing as t

from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui import code, function
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.api.code import (
    Kind,
    load,
    make,
    missing_code,
    set_valves,
)
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.api.server import OpenWebUI
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.items import Fields, Found

FUNCTIONS = Kind("/api/v1/functions", ("Pipe", "Filter", "Action", "Event"))
# What each switch is called in the path that flips it.
SWITCHES = {"enabled": "toggle", "global": "toggle/global"}


class Functions:
    """See the protocol `Collection` in `declare`. `sources` and `valves` are those of the task, by id."""

    noun = function.NOUN
    option = "functions"
    blank = function.BLANK

    def __init__(self, server: OpenWebUI, sources: t.Mapping[str, str], valves: t.Mapping[str, Fields]) -> None:
        self.written = False
        self._server = server
        self._sources = sources
        self._valves = valves

    def read(self) -> list[Found]:
        path = f"{FUNCTIONS.path}/export?include_valves=true"
        reply = self._server.get(path)
        with self._server.understood(path):
            return [function.from_reply(item, self._valves.get(item["id"])) for item in reply]

    def missing(self, fields: Fields) -> list[str]:
        return missing_code(self._server, fields)

    def create(self, key: str, fields: Fields) -> None:
        self.written = True
        body = code.to_request(key, fields, {})
        make(self._server, FUNCTIONS, body, self._sources[key], self._valves.get(key))
        self._flip(key, [name for name in SWITCHES if fields[name]])

    def update(self, found: Found, fields: Fields, changed: t.Collection[str]) -> None:
        self.written = True
        path = f"{FUNCTIONS.path}/id/{found.id}"
        if set(changed) - {"valves", *SWITCHES}:
            body = code.to_request(found.id, fields, found.rest["meta"])
            load(self._server, FUNCTIONS, f"id/{found.id}/update", body, self._sources[found.key])
        if "valves" in changed:
            set_valves(self._server, path, self._valves[found.key], found.rest["valves"])
        self._flip(found.id, [name for name in SWITCHES if name in changed])

    def remove(self, found: Found) -> None:
        self.written = True
        self._server.delete(f"{FUNCTIONS.path}/id/{found.id}/delete")

    def _flip(self, function_id: str, switches: t.Iterable[str]) -> None:
        for name in switches:
            self._server.post(f"{FUNCTIONS.path}/id/{function_id}/{SWITCHES[name]}")
