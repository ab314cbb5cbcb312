# Copyright (c) 2026, the selfhosted.llm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: it may change at any time.

"""Tools of the workspace, which models call: plain data."""

from __future__ import annotations

import typing as t

from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui import access, code, valves
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.items import Fields, Found, Wanted

NOUN = "tool"
BLANK: Fields = {"name": "", "description": "", "content": "", "access": access.PRIVATE}


def from_params(
    tools: t.Sequence[Fields], texts: t.Mapping[str, str], valves_of: t.Mapping[str, Fields]
) -> list[Wanted]:
    """The task's list, with the text of each file that it names, and its valves, by id.

    Raises InvalidInput for an id that the server does not take, and for code without content.
    """
    return [_wanted(params, texts.get(params["id"]), valves_of) for params in tools]


def _wanted(params: Fields, text: str | None, valves_of: t.Mapping[str, Fields]) -> Wanted:
    key = code.identifier(NOUN, params["id"])
    if params["state"] == "absent":
        return Wanted(key, present=False)
    fields = code.fields_from(NOUN, params, text, ("name", "description", "access"))
    if "access" in fields:
        fields["access"] = access.from_params(fields["access"])
    if key in valves_of:
        fields["valves"] = valves.wanted(valves_of[key])
    return Wanted(key, True, fields, {"name": key})


def from_reply(reply: Fields, directory: access.Directory, given: Fields | None, stored: Fields) -> Found:
    """A tool from an element of GET /api/v1/tools/export; `given` are its valves in the task, `stored` all it has."""
    meta = reply.get("meta") or {}
    fields = {
        "name": reply["name"],
        "description": meta.get("description") or "",
        "content": reply["content"],
        "access": access.from_grants(reply.get("access_grants") or [], directory),
    }
    if given is not None:
        fields["valves"] = valves.found(stored, given)
    return Found(reply["id"], reply["id"], fields, {"meta": code.kept(meta), "valves": stored})
