# Copyright (c) 2026, the selfhosted.llm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: it may change at any time.

"""Functions of Open WebUI: filters, actions and pipes, which take part in chats: plain data."""

from __future__ import annotations

import typing as t

from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui import code, valves
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.items import Fields, Found, Wanted

NOUN = "function"
BLANK: Fields = {"name": "", "description": "", "content": "", "enabled": False, "global": False}


def from_params(
    functions: t.Sequence[Fields], texts: t.Mapping[str, str], valves_of: t.Mapping[str, Fields]
) -> list[Wanted]:
    """The task's list, with the text of each file that it names, and its valves, by id.

    Raises InvalidInput for an id that the server does not take, and for code without content.
    """
    return [_wanted(params, texts.get(params["id"]), valves_of) for params in functions]


def _wanted(params: Fields, text: str | None, valves_of: t.Mapping[str, Fields]) -> Wanted:
    key = code.identifier(NOUN, params["id"])
    if params["state"] == "absent":
        return Wanted(key, present=False)
    fields = code.fields_from(NOUN, params, text, ("name", "description", "enabled", "global"))
    if key in valves_of:
        fields["valves"] = valves.wanted(valves_of[key])
    return Wanted(key, True, fields, {"name": key})


def from_reply(reply: Fields, given: Fields | None) -> Found:
    """A function from an element of GET /api/v1/functions/export; `given` are its valves in the task."""
    meta, stored = reply.get("meta") or {}, reply.get("valves") or {}
    fields = {
        "name": reply["name"],
        "description": meta.get("description") or "",
        "content": reply["content"],
        "enabled": bool(reply["is_active"]),
        "global": bool(reply["is_global"]),
    }
    if given is not None:
        fields["valves"] = valves.found(stored, given)
    return Found(reply["id"], reply["id"], fields, {"meta": code.kept(meta), "valves": stored})
