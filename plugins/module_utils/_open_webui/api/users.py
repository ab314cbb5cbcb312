# Copyright (c) 2026, the selfhosted.llm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: it may change at any time.

"""The accounts of a server."""

from __future__ import annotations

import functools
import typing as t

from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui import user
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.api.server import OpenWebUI
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.items import Fields, Found, Step

USERS = "/api/v1/users/"


class Users:
    """See the protocol `Collection` in `declare`.

    `passwords` are those of the task by address; those of the addresses in `settled` are known to be right.
    """

    noun = "account"
    option = "users"
    blank = user.BLANK

    def __init__(
        self,
        server: OpenWebUI,
        passwords: t.Mapping[str, str] | None = None,
        settled: t.Iterable[str] = (),
    ) -> None:
        self._server = server
        self._passwords = passwords or {}
        self._settled = set(settled)

    def read(self) -> list[Found]:
        path = f"{USERS}all"
        reply = self._server.get(path)
        with self._server.understood(path):
            return [user.from_reply(item, self._settled) for item in reply["users"]]

    def missing(self, _fields: Fields) -> list[str]:
        return []

    def create(self, key: str, fields: Fields) -> None:
        request = user.to_request(fields, ("name", "role", "password"), self._passwords[key])
        self._server.post("/api/v1/auths/add", {"email": key, **request})
        self._settled.add(key)

    def update(self, found: Found, fields: Fields, changed: t.Collection[str]) -> None:
        password = self._passwords.get(found.key)
        self._server.post(f"{USERS}{found.id}/update", user.to_request(fields, changed, password))
        if password and "password" in changed:
            self._settled.add(found.key)
            self._stay_signed_in(found, password)

    def remove(self, found: Found) -> None:
        self._server.delete(f"{USERS}{found.id}")

    def refuse(self, steps: t.Sequence[Step]) -> None:
        """Raises InvalidInput for steps that would leave somebody outside."""
        user.refuse_without_password(steps, self._passwords)
        grave = [step for step in steps if user.changes_an_admin(step)]
        if grave:
            user.refuse_to_lock_out(grave, self.first, self.own)

    @functools.cached_property
    def first(self) -> str:
        """The address of the account that was there before all others."""
        path = f"{USERS}?order_by=created_at&direction=asc"
        reply = self._server.get(path)
        with self._server.understood(path):
            # The server's own order of accounts that were made in the same second.
            first = min(reply["users"], key=lambda item: (item["created_at"], item["role"] != "admin", item["id"]))
            return str(first["email"]).lower()

    @functools.cached_property
    def own(self) -> str:
        """The address of the account that is signed in."""
        return self._server.own_email().lower()

    def _stay_signed_in(self, found: Found, password: str) -> None:
        """A new password ends the sessions of an account, and this may be one of them."""
        if found.fields["role"] == "admin" and found.key == self.own and not self._server.by_api_key:
            self._server.sign_in(found.key, password)


class ComingAdmin(Users):
    """A server without accounts as it will be once its first admin is there, for check mode."""

    def __init__(
        self, server: OpenWebUI, passwords: t.Mapping[str, str], settled: t.Iterable[str], admin: Fields
    ) -> None:
        super().__init__(server, passwords, settled)
        self._admin = user.from_reply({"id": "", **admin}, self._settled)
        self.first = self.own = self._admin.key

    def read(self) -> list[Found]:
        return [self._admin]
