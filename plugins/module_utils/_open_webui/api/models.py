# Copyright (c) 2026, the selfhosted.llm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: it may change at any time.

"""The models of a server's workspace, and what it puts on top of those of connections."""

from __future__ import annotations

import functools
import typing as t

from ansible_collections.selfhosted.llm.plugins.module_utils._errors import ServerRefused
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui import access, model
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.api.directory import Directory
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.api.offered import offered_by_connections
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.api.server import NOT_THERE, OpenWebUI
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.api.shelf import Shelf
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.items import Fields, Found, Wanted

MODELS = "/api/v1/models"
TOOLS = "/api/v1/tools/"
FUNCTIONS = "/api/v1/functions/"


class Models:
    """See the protocol `Collection` in `declare`. `wanted` is the task's list, whose models may be based on others."""

    noun = "model"
    option = "models"
    blank = model.BLANK

    def __init__(self, server: OpenWebUI, wanted: t.Sequence[Wanted]) -> None:
        self.written = False
        self._server = server
        self._directory = Directory(server)
        self._shelf = Shelf(server)
        self._wanted = {item.key: item for item in wanted if item.present}
        self._found: list[Found] = []

    def read(self) -> list[Found]:
        # Before there was one list, there was one of models with a base, and one of the others.
        paths = [f"{MODELS}/all"] if self._server.since(0, 11) else [f"{MODELS}/export", f"{MODELS}/base"]
        self._found = [found for path in paths for found in self._read(path)]
        return self._found

    def _read(self, path: str) -> list[Found]:
        reply = self._server.get(path)
        with self._server.understood(path):
            return [model.from_reply(item, self._directory, self._shelf) for item in reply]

    def missing(self, fields: Fields) -> list[str]:
        return [
            *(access.missing(fields["access"], self._directory) if "access" in fields else []),
            *(self._missing_base(fields["base_model"]) if "base_model" in fields else []),
            *(sentence for name in fields.get("knowledge", []) for sentence in self._shelf.missing(name)),
            *self._missing_ids("tool", fields.get("tools", [])),
            *self._missing_ids("filter", fields.get("filters", [])),
            *self._missing_ids("action", fields.get("actions", [])),
        ]

    def _missing_base(self, base: str) -> list[str]:
        if base in self._offered:
            return []
        bases = {found.key: found.fields["base_model"] for found in self._found}
        bases |= {key: item.fields["base_model"] for key, item in self._wanted.items() if "base_model" in item.fields}
        below = bases.get(base, base)
        if below != base:
            return [f"the base_model '{base}', which has a base itself: chats go down one step only, so name '{below}'"]
        alike = sorted(name for name in self._offered if name.partition(":")[0] == base)
        hint = f" (but '{alike[0]}')" if alike else ""
        if base in self._wanted:
            return [f"no base_model, and no connection of {self._server.url} offers a model '{base}' to change{hint}"]
        return [f"the base_model '{base}', and no connection of {self._server.url} offers it{hint}"]

    def _missing_ids(self, noun: str, ids: t.Sequence[str]) -> list[str]:
        return [f"'{key}', and {self._server.url} has no {noun} '{key}'" for key in ids if key not in self._ids[noun]]

    @functools.cached_property
    def _offered(self) -> set[str]:
        return offered_by_connections(self._server)

    @functools.cached_property
    def _ids(self) -> dict[str, set[str]]:
        """The ids of tools, filters and actions."""
        tools, functions = self._server.get(TOOLS), self._server.get(FUNCTIONS)
        with self._server.understood(FUNCTIONS):
            kinds = {item["id"]: item["type"] for item in functions}
            return {
                "tool": {item["id"] for item in tools},
                **{noun: {key for key, kind in kinds.items() if kind == noun} for noun in ("filter", "action")},
            }

    def create(self, key: str, fields: Fields) -> None:
        self.written = True
        grants = access.to_grants(fields["access"], self._directory)
        self._server.post(f"{MODELS}/create", {**self._request(key, fields, fields, {}), "access_grants": grants})

    def update(self, found: Found, fields: Fields, changed: t.Collection[str]) -> None:
        self.written = True
        if set(changed) - {"access"}:
            self._server.post(f"{MODELS}/model/update", self._request(found.id, fields, changed, found.rest))
        if "access" in changed:
            grants = access.to_grants(fields["access"], self._directory)
            self._server.post(f"{MODELS}/model/access/update", {"id": found.id, "access_grants": grants})

    def _request(self, key: str, fields: Fields, changed: t.Collection[str], rest: Fields) -> dict[str, t.Any]:
        names = fields["knowledge"] if "knowledge" in changed else []
        return model.to_request(
            key, fields, changed, [base for name in names for base in self._shelf.named(name)], rest
        )

    def remove(self, found: Found) -> None:
        self.written = True
        try:
            self._server.post(f"{MODELS}/model/delete", {"id": found.id})
        except ServerRefused as error:
            if not error.reason.startswith(NOT_THERE):
                raise

    def out_of_reach(self, listed: t.Mapping[str, Fields]) -> list[str]:
        """A sentence for each model of the list that some of those whom it is shared with cannot use."""
        others = {found.key: found.fields for found in self._found if found.key not in listed}
        return model.out_of_reach(listed, others, strict=self._server.since(0, 12))
