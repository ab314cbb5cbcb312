# Copyright (c) 2026, the selfhosted.llm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: it may change at any time.

"""Prompts of the workspace, which people call by typing a slash: plain data."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.selfhosted.llm.plugins.module_utils._errors import InvalidInput
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui import access
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.items import Fields, Found, Wanted, given

COMMAND = re.compile(r"[A-Za-z0-9_-]+")
BLANK: Fields = {"name": "", "content": "", "tags": [], "enabled": True, "access": access.PRIVATE}


def from_params(prompts: t.Sequence[Fields]) -> list[Wanted]:
    """The task's list.

    Raises InvalidInput for a command that nobody could type, and for a prompt without content.
    """
    return [_wanted(params) for params in prompts]


def _wanted(params: Fields) -> Wanted:
    command = params["command"].removeprefix("/")
    if not COMMAND.fullmatch(command):
        raise InvalidInput(
            f"The prompt '{params['command']}': a command must hold only letters, digits, - and _, as people type it."
        )
    if params["state"] == "absent":
        return Wanted(command, present=False)
    fields = given(params, ("name", "content", "tags", "enabled", "access"))
    if not fields.get("content"):
        raise InvalidInput(f"The prompt '{command}' has no content: say what it puts into the chat.")
    if "tags" in fields:
        fields["tags"] = sorted(set(fields["tags"]))
    if "access" in fields:
        fields["access"] = access.from_params(fields["access"])
    return Wanted(command, True, fields, {"name": command})


def from_reply(reply: Fields, directory: access.Directory) -> Found:
    """A prompt from an element of GET /api/v1/prompts/."""
    return Found(
        key=reply["command"].removeprefix("/"),
        id=reply["id"],
        fields={
            "name": reply["name"],
            "content": reply["content"],
            "tags": sorted(reply.get("tags") or []),
            "enabled": bool(reply["is_active"]),
            "access": access.from_grants(reply.get("access_grants") or [], directory),
        },
    )


def to_request(command: str, fields: Fields) -> dict[str, t.Any]:
    """The body of POST /api/v1/prompts/create and of an update, without what these ignore."""
    return {"command": command, **{name: fields[name] for name in ("name", "content", "tags")}}
