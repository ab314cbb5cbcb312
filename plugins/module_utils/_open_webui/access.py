# Copyright (c) 2026, the selfhosted.llm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: it may change at any time.

"""Who may see or change a thing: the server's grants, and the form in which a task and a diff tell of them."""

from __future__ import annotations

import typing as t

from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.items import Fields

EVERYBODY = "*"
PRIVATE: dict[str, t.Any] = {
    "public": False,
    "read_groups": [],
    "read_users": [],
    "write_groups": [],
    "write_users": [],
}


class Directory(t.Protocol):
    """The names of groups and accounts, and their ids."""

    def group_name(self, group_id: str) -> str:
        """The name of a group, or the id of one that is gone."""

    def user_email(self, user_id: str) -> str:
        """The address of an account, or the id of one that is gone."""

    def group_id(self, name: str) -> str:
        """Raises InvalidInput unless there is just one."""

    def user_id(self, email: str) -> str:
        """Raises InvalidInput when there is none."""

    def missing(self, groups: t.Iterable[str], users: t.Iterable[str]) -> list[str]:
        """What of these is not there, in words."""


def access_options() -> dict[str, t.Any]:
    """The argument spec of the option C(access)."""
    names = {"type": "list", "elements": "str", "default": []}
    return {
        "type": "dict",
        "options": {
            "public": {"type": "bool", "default": False},
            "read_groups": names,
            "read_users": names,
            "write_groups": names,
            "write_users": names,
        },
    }


def from_params(access: Fields) -> dict[str, t.Any]:
    """Access as it compares, from the option C(access)."""
    users = {name: sorted({email.lower() for email in access[name]}) for name in ("read_users", "write_users")}
    groups = {name: sorted(set(access[name])) for name in ("read_groups", "write_groups")}
    return {"public": access["public"], **groups, **users}


def from_grants(grants: t.Iterable[Fields], directory: Directory) -> dict[str, t.Any]:
    """Access as it compares, from the server's grants. What no task can say is under C(other)."""
    access: dict[str, t.Any] = {name: list(value) if value == [] else value for name, value in PRIVATE.items()}
    for grant in grants:
        kind, who, permission = grant["principal_type"], grant["principal_id"], grant["permission"]
        if (kind, who, permission) == ("user", EVERYBODY, "read"):
            access["public"] = True
        elif kind == "group":
            access[f"{permission}_groups"].append(directory.group_name(who))
        elif kind == "user" and who != EVERYBODY:
            access[f"{permission}_users"].append(directory.user_email(who))
        else:
            access.setdefault("other", []).append(f"{kind} {who} {permission}")
    return {name: sorted(value) if isinstance(value, list) else value for name, value in access.items()}


def covers(access: Fields, other: Fields) -> bool:
    """Whether all to whom `other` lets see something are let by `access` as well."""
    if access["public"]:
        return True
    names = ("read_groups", "read_users")
    return not other["public"] and all(set(other[name]) <= set(access[name]) for name in names)


def to_grants(access: Fields, directory: Directory) -> list[dict[str, str]]:
    """The server's grants that give this access."""
    grants = [("user", EVERYBODY, "read")] if access["public"] else []
    for permission in ("read", "write"):
        grants += [("group", directory.group_id(name), permission) for name in access[f"{permission}_groups"]]
        grants += [("user", directory.user_id(email), permission) for email in access[f"{permission}_users"]]
    return [{"principal_type": kind, "principal_id": who, "permission": permission} for kind, who, permission in grants]


def missing(access: Fields, directory: Directory) -> list[str]:
    """The groups and accounts that are named and not there, in words."""
    return directory.missing(
        [*access["read_groups"], *access["write_groups"]], [*access["read_users"], *access["write_users"]]
    )
