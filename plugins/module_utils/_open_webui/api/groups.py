# Copyright (c) 2026, the selfhosted.llm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: it may change at any time.

"""The groups of a server and their members."""

from __future__ import annotations

import typing as t

from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui import group
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.api.directory import Directory
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.api.server import OpenWebUI
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.items import Fields, Found, Step

GROUPS = "/api/v1/groups/"
USERS = "/api/v1/users/"

# The ids of a group's members by their addresses.
Members: t.TypeAlias = "dict[str, str]"


class Groups:
    """See the protocol `Collection` in `declare`.

    `members_of` are the names of the groups whose members are asked for; None means all.
    """

    noun = "group"
    option = "groups"
    blank = group.BLANK

    def __init__(self, server: OpenWebUI, members_of: t.Container[str] | None = None) -> None:
        self._server = server
        self._directory = Directory(server)
        self._members_of = members_of

    def read(self) -> list[Found]:
        reply = self._server.get(GROUPS)
        with self._server.understood(GROUPS):
            asked = [item for item in reply if self._members_of is None or item["name"] in self._members_of]
            members: dict[str, Members] = {item["id"]: {} for item in asked}
            members |= self._members([item["id"] for item in asked if item["member_count"]])
            return [group.from_reply(item, members.get(item["id"])) for item in reply]

    def missing(self, fields: Fields) -> list[str]:
        return self._directory.missing([], fields.get("members", []))

    def create(self, key: str, fields: Fields) -> None:
        path = f"{GROUPS}create"
        reply = self._server.post(path, group.to_request(key, fields, fields))
        with self._server.understood(path):
            self._change_members(reply["id"], {}, fields["members"])

    def update(self, found: Found, fields: Fields, changed: t.Collection[str]) -> None:
        if set(changed) - {"members"}:
            self._server.post(f"{GROUPS}id/{found.id}/update", group.to_request(found.key, fields, changed))
        if "members" in changed:
            self._change_members(found.id, found.rest["members"], fields["members"])

    def remove(self, found: Found) -> None:
        self._server.delete(f"{GROUPS}id/{found.id}/delete")

    def refuse(self, steps: t.Sequence[Step]) -> None:
        """Raises InvalidInput for permissions that this server does not have."""
        giving = [step for step in steps if group.added_permissions(step)]
        if giving:
            path = f"{USERS}default/permissions"
            known = self._server.get(path)
            with self._server.understood(path):
                group.refuse_unknown(giving, known, f"Open WebUI {self._server.version} at {self._server.url}")

    def _change_members(self, group_id: str, current: Members, wanted: t.Sequence[str]) -> None:
        come = [self._directory.user_id(email) for email in wanted if email not in current]
        go = [user_id for email, user_id in current.items() if email not in wanted]
        for what, user_ids in (("add", come), ("remove", go)):
            if user_ids:
                self._server.post(f"{GROUPS}id/{group_id}/users/{what}", {"user_ids": user_ids})

    def _members(self, group_ids: t.Collection[str]) -> dict[str, Members]:
        """The members of groups by the groups' ids, in as few requests as there is a way to.

        Accounts come thirty at a time with the groups they are in; groups come one at a time with their members' ids,
        and all accounts' addresses once.
        """
        if not group_ids:
            return {}
        first, total = self._page(1)
        pages = -(-total // max(len(first), 1))
        if pages - 1 > len(group_ids) + 1:
            return {group_id: self._exported(group_id) for group_id in group_ids}
        users = [*first, *(user for number in range(2, pages + 1) for user in self._page(number)[0])]
        return {
            group_id: {user["email"].lower(): user["id"] for user in users if group_id in user["group_ids"]}
            for group_id in group_ids
        }

    def _page(self, number: int) -> tuple[list[dict[str, t.Any]], int]:
        path = f"{USERS}?order_by=email&direction=asc&page={number}"
        reply = self._server.get(path)
        with self._server.understood(path):
            return reply["users"], reply["total"]

    def _exported(self, group_id: str) -> Members:
        path = f"{GROUPS}id/{group_id}/export"
        reply = self._server.get(path)
        with self._server.understood(path):
            return {self._directory.user_email(user_id).lower(): user_id for user_id in reply["user_ids"]}
