# Copyright (c) 2026, the selfhosted.llm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: it may change at any time.

"""Groups of accounts and what they are permitted: plain data."""

from __future__ import annotations

import typing as t

from ansible.module_utils.parsing.convert_bool import boolean

from ansible_collections.selfhosted.llm.plugins.module_utils._errors import InvalidInput
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.items import Fields, Found, Step, Wanted, given

# By section, then by name.
Permissions: t.TypeAlias = "dict[str, dict[str, bool]]"

BLANK: Fields = {"description": "", "members": [], "permissions": {}}


def from_params(groups: t.Sequence[Fields]) -> list[Wanted]:
    """The task's list. Raises InvalidInput for a group without name, and for permissions of another form."""
    return [_wanted(params) for params in groups]


def _wanted(params: Fields) -> Wanted:
    name = params["name"]
    if not name.strip():
        raise InvalidInput("A group of the list has an empty name: give it one.")
    if params["state"] == "absent":
        return Wanted(name, present=False)
    fields = given(params, ("description", "members", "permissions"))
    if "members" in fields:
        fields["members"] = sorted({email.lower() for email in fields["members"]})
    if "permissions" in fields:
        fields["permissions"] = _permissions(f"The group '{name}': permissions", fields["permissions"])
    return Wanted(name, True, fields)


def _permissions(where: str, sections: Fields) -> Permissions:
    checked: Permissions = {}
    for section, permissions in sections.items():
        if not isinstance(permissions, dict):
            raise InvalidInput(f"{where}.{section} is no dictionary: name the permissions in it.")
        for name, value in permissions.items():
            checked.setdefault(section, {})[name] = _permission(f"{where}.{section}.{name}", value)
    return checked


def _permission(where: str, value: t.Any) -> bool:
    try:
        return bool(boolean(value))
    except TypeError as error:
        raise InvalidInput(f"{where} is '{value}': it must be true or false.") from error


def from_reply(reply: Fields, members: t.Mapping[str, str] | None) -> Found:
    """A group from an element of GET /api/v1/groups/.

    `members` holds the ids of its members by address; None where nobody asked for them.
    """
    fields = {"description": reply["description"] or "", "permissions": reply["permissions"] or {}}
    if members is None:
        return Found(reply["name"], reply["id"], fields)
    return Found(reply["name"], reply["id"], {**fields, "members": sorted(members)}, {"members": members})


def merge(current: Fields, wanted: Fields) -> dict[str, t.Any]:
    """A task's fields over those that are there; permissions one by one."""
    merged = {**current, **wanted}
    if "permissions" in wanted:
        merged["permissions"] = merged_permissions(current["permissions"], wanted["permissions"])
    return merged


def merged_permissions(current: Fields, wanted: Fields) -> Permissions:
    """The permissions that are there, with those of `wanted` in their place."""
    return {section: {**current.get(section, {}), **wanted.get(section, {})} for section in {**current, **wanted}}


def to_request(name: str, fields: Fields, changed: t.Collection[str]) -> dict[str, t.Any]:
    """The body of POST /api/v1/groups/create and of an update, which leaves permissions alone that are not in it."""
    request = {"name": name, "description": fields["description"]}
    return {**request, "permissions": fields["permissions"]} if "permissions" in changed else request


def added_permissions(step: Step) -> list[tuple[str, str]]:
    """Sections and names of the permissions that a step gives to a group which has not heard of them."""
    there = step.found.fields["permissions"] if step.found else {}
    wanted = step.fields["permissions"] if step.fields else {}
    return [(section, name) for section in wanted for name in wanted[section] if name not in there.get(section, {})]


def refuse_unknown(steps: t.Iterable[Step], known: Fields, where: str) -> None:
    """Raises InvalidInput for a permission that the server would store and never look at."""
    for step in steps:
        for section, name in added_permissions(step):
            if section not in known:
                wrong = f"section '{section}' of permissions: it has {', '.join(known)}"
            elif name not in known[section]:
                wrong = f"permission '{section}.{name}': in {section} it has {', '.join(known[section])}"
            else:
                continue
            raise InvalidInput(f"The group '{step.key}': {where} knows no {wrong}. Nothing was changed.")
