# Copyright (c) 2026, the selfhosted.llm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: it may change at any time.

"""Models of the workspace, made of a base and of what is put on top of it: plain data."""

from __future__ import annotations

import re
import typing as t

from ansible.module_utils.parsing.convert_bool import boolean

from ansible_collections.selfhosted.llm.plugins.module_utils._errors import InvalidInput
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui import access
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.items import (
    Fields,
    Found,
    Wanted,
    given,
    replace,
)

ID = re.compile(r"\S{1,256}")
CONTROLS = "model_controls"
# Lists whose order means nothing, and what the server calls them.
IDS = {"tools": "toolIds", "filters": "filterIds", "actions": "actionIds"}
UNORDERED = ("tags", "knowledge", *IDS)
BLANK: Fields = {
    "name": "",
    "base_model": "",
    "system": "",
    "params": {},
    "description": "",
    "capabilities": {},
    "suggestions": [],
    **{name: [] for name in UNORDERED},
    "enabled": True,
    "access": access.PRIVATE,
}


class Shelf(t.Protocol):
    """The names of knowledge bases, and their ids."""

    def name(self, knowledge_id: str) -> str:
        """The name of a knowledge base, or the id of one that is gone."""


def from_params(models: t.Sequence[Fields]) -> list[Wanted]:
    """The task's list.

    Raises InvalidInput for an id that the server does not take, and for a system prompt among the parameters.
    """
    return [_wanted(params) for params in models]


def _wanted(params: Fields) -> Wanted:
    key = params["id"]
    if not ID.fullmatch(key):
        raise InvalidInput(f"The model '{key}': an id must be 1 to 256 characters without spaces.")
    if params["state"] == "absent":
        return Wanted(key, present=False)
    fields = given(params, BLANK)
    if "system" in (fields.get("params") or {}):
        raise InvalidInput(f"The model '{key}' has a system prompt among its params: give it as system.")
    if fields.get("base_model") == "":
        fields["base_model"] = key
    if "params" in fields:
        fields["params"] = _parameters(fields["params"])
    if "capabilities" in fields:
        fields["capabilities"] = _switches(key, _without_null(fields["capabilities"]))
    for name in UNORDERED:
        if name in fields:
            fields[name] = sorted({item.strip() for item in fields[name]} - {""})
    if "access" in fields:
        fields["access"] = access.from_params(fields["access"])
    return Wanted(key, True, fields, {"name": key, "base_model": key})


def _switches(key: str, values: Fields) -> dict[str, bool]:
    try:
        return {name: boolean(value) for name, value in values.items()}
    except TypeError as error:
        raise InvalidInput(f"The model '{key}' has a capability that is neither true nor false: {error}") from error


def merge(current: Fields, wanted: Fields) -> dict[str, t.Any]:
    """Fields with those of a task in the place of those that are there; capabilities one by one."""
    after = replace(current, wanted)
    return {**after, "capabilities": {**current["capabilities"], **after["capabilities"]}}


def _without_null(values: Fields | None) -> dict[str, t.Any]:
    return {name: value for name, value in (values or {}).items() if value is not None}


def _parameters(values: Fields) -> dict[str, t.Any]:
    """Parameters as they compare; of these the server knows no empty ones."""
    return {name: value for name, value in _without_null(values).items() if (name, value) != (CONTROLS, {})}


def from_reply(reply: Fields, directory: access.Directory, shelf: Shelf) -> Found:
    """A model from the server's own record of it. One without a base is based on the connection's model of its id."""
    meta, params = _without_null(reply["meta"]), _parameters(reply["params"])
    fields = {
        "name": reply["name"],
        "base_model": reply["base_model_id"] or reply["id"],
        "system": params.get("system", ""),
        "params": {name: value for name, value in params.items() if name != "system"},
        "description": meta.get("description", ""),
        "capabilities": _without_null(meta.get("capabilities")),
        "suggestions": [suggestion.get("content", "") for suggestion in meta.get("suggestion_prompts", [])],
        "tags": sorted({tag["name"] for tag in meta.get("tags", [])}),
        "knowledge": sorted({shelf.name(item["id"]) for item in meta.get("knowledge", []) if _is_collection(item)}),
        **{name: sorted(set(meta.get(stored, []))) for name, stored in IDS.items()},
        "enabled": bool(reply["is_active"]),
        "access": access.from_grants(reply.get("access_grants") or [], directory),
    }
    rest = {"meta": meta, "params": params, "access_grants": reply.get("access_grants") or []}
    return Found(reply["id"], reply["id"], fields, rest)


def _is_collection(item: t.Any) -> bool:
    """Whether something that is attached to a model is a knowledge base; files, notes and folders may be, too."""
    return isinstance(item, dict) and item.get("type") == "collection" and "id" in item


def to_request(
    key: str, fields: Fields, changed: t.Collection[str], knowledge: t.Sequence[Fields], rest: Fields
) -> dict[str, t.Any]:
    """The body of a request that makes or changes a model.

    `knowledge` are the knowledge bases that `fields` name, as they are on the server, `rest` is that of Found.
    """
    return {
        "id": key,
        "name": fields["name"],
        "base_model_id": None if fields["base_model"] == key else fields["base_model"],
        "meta": _meta(fields, changed, knowledge, rest.get("meta", {})),
        "params": _params(fields, rest.get("params", {})),
        "is_active": fields["enabled"],
        # Old servers fail without them, new ones do not look at them.
        "access_grants": rest.get("access_grants", []),
    }


def _meta(fields: Fields, changed: t.Collection[str], knowledge: t.Sequence[Fields], meta: Fields) -> dict[str, t.Any]:
    attached = [item for item in meta.get("knowledge", []) if not _is_collection(item)]
    written = {
        "description": ("description", fields["description"]),
        "capabilities": ("capabilities", fields["capabilities"]),
        "suggestions": ("suggestion_prompts", [{"content": text} for text in fields["suggestions"]]),
        "tags": ("tags", [{"name": name} for name in fields["tags"]]),
        "knowledge": ("knowledge", [*attached, *(_reference(base) for base in knowledge)]),
        **{name: (stored, fields[name]) for name, stored in IDS.items()},
    }
    new = dict(written[name] for name in written if name in changed)
    # The server takes null for a list, and stumbles over it.
    return {name: value for name, value in {**meta, **new}.items() if name not in new or value not in ([], {}, "")}


def _reference(base: Fields) -> dict[str, t.Any]:
    """What a model holds of a knowledge base; chats need the id and the type, people the rest."""
    return {"type": "collection", **{name: base[name] for name in ("id", "name", "description")}}


def _params(fields: Fields, before: Fields) -> dict[str, t.Any]:
    # These stay when they are left out, unlike all others.
    emptied: Fields = {CONTROLS: {}} if CONTROLS in before else {}
    system = {"system": fields["system"]} if fields["system"] else {}
    return {**emptied, **fields["params"], **system}


def out_of_reach(listed: t.Mapping[str, Fields], others: t.Mapping[str, Fields], *, strict: bool) -> list[str]:
    """A sentence for each listed model that is shared with more accounts than its base is.

    `others` are those of the server that are not listed. With `strict`, the server gives a base of which it has no
    record to admins only.
    """
    known = {**others, **listed}
    sentences = []
    for key, fields in listed.items():
        base = fields["base_model"]
        if base == key or (base not in known and not strict):
            continue
        if not access.covers(known[base]["access"] if base in known else access.PRIVATE, fields["access"]):
            sentences.append(
                f"The model '{key}' is shared with more accounts than its base '{base}' is, without which they see it,"
                f" but cannot chat with it: share '{base}' too, as a model of the list that has no base_model."
            )
    return sentences
