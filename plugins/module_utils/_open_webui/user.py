# Copyright (c) 2026, the selfhosted.llm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: it may change at any time.

"""Accounts of people, told apart by their e-mail addresses in lower case: plain data, without passwords."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.selfhosted.llm.plugins.module_utils._errors import InvalidInput
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.items import Fields, Found, Step, Wanted, given

ROLES = ("user", "admin", "pending")
BLANK: Fields = {"name": "", "role": "user"}
ADDRESS = re.compile(r"[^@\s]+@[^@\s]+")
# What a diff shows of a password that is written in any case.
WRITTEN = "as the task has it"


def from_params(users: t.Sequence[Fields]) -> list[Wanted]:
    """The task's list. Raises InvalidInput for what is no address."""
    return [_wanted(params) for params in users]


def _wanted(params: Fields) -> Wanted:
    email = params["email"].lower()
    if not ADDRESS.fullmatch(email):
        raise InvalidInput(f"The account '{params['email']}': its email must look like me@example.com.")
    if params["state"] == "absent":
        return Wanted(email, present=False)
    fields = given(params, ("name", "role"))
    if params["update_password"] == "always":
        fields["password"] = WRITTEN
    return Wanted(email, True, fields, {"name": email})


def passwords(users: t.Sequence[Fields]) -> dict[str, str]:
    """The passwords that the task's list gives, by address."""
    return {params["email"].lower(): params["password"] for params in users if params["password"]}


def from_reply(reply: Fields, settled: t.Container[str]) -> Found:
    """An account from an element of GET /api/v1/users/all. The passwords of those that are `settled` are as wanted."""
    email = reply["email"].lower()
    password = {"password": WRITTEN} if email in settled else {}
    return Found(email, reply["id"], {"name": reply["name"], "role": reply["role"], **password})


def to_request(fields: Fields, names: t.Collection[str], password: str | None) -> dict[str, t.Any]:
    """What of an account's fields is sent; `password` only where it is one of `names`."""
    request = {name: fields[name] for name in ("name", "role") if name in names}
    return {**request, "password": password} if "password" in names else request


def refuse_without_password(steps: t.Iterable[Step], passwords: t.Container[str]) -> None:
    """Raises InvalidInput for an account that nobody could sign in to."""
    for step in steps:
        if step.action == "created" and step.key not in passwords:
            raise InvalidInput(f"The account '{step.key}' is new and has no password: give it one.")


def changes_an_admin(step: Step) -> bool:
    """Whether an admin's account is changed or removed."""
    return step.action in ("updated", "removed") and step.found is not None and step.found.fields["role"] == "admin"


def refuse_to_lock_out(steps: t.Iterable[Step], first: str, own: str) -> None:
    """Raises InvalidInput for what would take an account away that the server or the task cannot do without.

    `first` is the account that was there before all others, which only itself can change; `own` is signed in.
    """
    for step in steps:
        who = "the first admin" if step.key == first else "the one that is signed in" if step.key == own else None
        if who is None:
            continue
        if step.fields is None:
            raise InvalidInput(f"The account '{step.key}' is {who}: it cannot be removed. Nothing was changed.")
        if step.fields["role"] != "admin":
            raise InvalidInput(f"The account '{step.key}' is {who}: its role must stay admin. Nothing was changed.")
        if step.key == first != own:
            raise InvalidInput(
                f"The account '{step.key}' is {who}, and only that itself can change it: sign in with it, or leave out"
                f" of the task what differs ({', '.join(step.changed)}). Nothing was changed."
            )
