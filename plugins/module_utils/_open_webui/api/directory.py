# Copyright (c) 2026, the selfhosted.llm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: it may change at any time.

"""Groups and accounts by name and by id, asked for when somebody needs them, and then once."""

from __future__ import annotations

import typing as t

from ansible_collections.selfhosted.llm.plugins.module_utils._errors import InvalidInput
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.api.server import OpenWebUI


class Directory:
    """The directory of a server; see the protocol of the same name in `access`."""

    def __init__(self, server: OpenWebUI) -> None:
        self._server = server
        self._groups: dict[str, str] | None = None
        self._users: dict[str, str] | None = None

    @property
    def groups(self) -> dict[str, str]:
        """Names of groups by id."""
        if self._groups is None:
            path = "/api/v1/groups/"
            reply = self._server.get(path)
            with self._server.understood(path):
                self._groups = {group["id"]: group["name"] for group in reply}
        return self._groups

    @property
    def users(self) -> dict[str, str]:
        """Addresses of accounts by id."""
        if self._users is None:
            path = "/api/v1/users/all"
            reply = self._server.get(path)
            with self._server.understood(path):
                self._users = {user["id"]: user["email"] for user in reply["users"]}
        return self._users

    def group_name(self, group_id: str) -> str:
        return self.groups.get(group_id, group_id)

    def user_email(self, user_id: str) -> str:
        return self.users.get(user_id, user_id)

    def group_id(self, name: str) -> str:
        ids = [group_id for group_id, known in self.groups.items() if known == name]
        if len(ids) != 1:
            raise InvalidInput(f"{self._server.url} has {'no group' if not ids else 'two groups'} '{name}'")
        return ids[0]

    def user_id(self, email: str) -> str:
        for user_id, known in self.users.items():
            if known.lower() == email.lower():
                return user_id
        raise InvalidInput(f"{self._server.url} has no account '{email}'")

    def missing(self, groups: t.Iterable[str], users: t.Iterable[str]) -> list[str]:
        sentences = []
        for find, names in ((self.group_id, groups), (self.user_id, users)):
            for name in names:
                try:
                    find(name)
                except InvalidInput as error:
                    sentences.append(f"'{name}', and {error}")
        return sentences
