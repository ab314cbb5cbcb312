#!/usr/bin/python

# Copyright (c) 2026, the selfhosted.llm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: open_webui_user
short_description: Accounts of Open WebUI, from the first admin on
version_added: 0.1.0
description:
  - On a server without accounts whoever signs up first becomes its admin. This module is that sign-up, for the account
    that the other modules sign in with.
  - On a server that has accounts it signs in as that account, to see that it is there and an admin.
  - With O(users) it then makes, changes and removes accounts, as one list in one task. What an account of the list does
    not name stays as it is. Two requests answer for the whole list when nothing has to be done, and up to two more
    where O(exclusive) is set.
  - The first admin and the account that is signed in are never removed, and stay admins.
author:
  - selfhosted.llm contributors (@selfhosted-llm)
notes:
  - Passwords cannot be read back. A task compares everything else, and with O(users[].update_password=always) is
    changed each time.
  - A new password ends the sessions of its account, so that the token of
    M(selfhosted.llm.open_webui_login) is of no use any more when it is that account's.
extends_documentation_fragment:
  - selfhosted.llm._open_webui
  - selfhosted.llm._attributes
  - selfhosted.llm._attributes.actiongroup_open_webui
attributes:
  idempotent:
    support: partial
    details: A password that is written with O(users[].update_password=always) is a change each time.
options:
  api_email:
    description:
      - E-mail address of the admin. The server stores it in lower case, and allows 15 sign-ins in three minutes.
      - Required unless O(users) and O(api_token) are given.
      - If not set, the environment variable E(OPEN_WEBUI_EMAIL) is used.
    type: str
  api_password:
    description:
      - Password of the admin. It cannot be read back; on a server that has the account, it must be the account's.
      - Required unless O(users) and O(api_token) are given.
      - If not set, the environment variable E(OPEN_WEBUI_PASSWORD) is used.
    type: str
  api_token:
    description:
      - API key or session token of an admin, to keep O(users) without signing in. The first admin is made with
        O(api_email) and O(api_password) only.
      - If not set, the environment variable E(OPEN_WEBUI_TOKEN) is used.
    type: str
  admin_name:
    description: Name that is shown for the admin. Used when the account is made.
    type: str
    default: Admin
  users:
    description: Accounts that the server has, or no longer has.
    type: list
    elements: dict
    suboptions:
      email:
        description: E-mail address. It is what tells accounts apart, whether in upper or lower case.
        type: str
        required: true
      name:
        description: Name that is shown. The O(users[].email) where a new account has none.
        type: str
      role:
        description:
          - What the account may do. People with V(pending) wait for an admin to let them in.
          - New accounts are V(user), whatever the server gives to people who sign up by themselves.
        type: str
        choices: [user, admin, pending]
      password:
        description: Password. Required for an account that is new.
        type: str
      update_password:
        description: Whether the password is written when the account is made, or each time.
        type: str
        choices: [on_create, always]
        default: on_create
      state:
        description: Whether the account is there. With it go its chats.
        type: str
        choices: [present, absent]
        default: present
  exclusive:
    description:
      - Whether accounts that are not listed are removed, but for the first admin and the one that is signed in.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Nobody else can become the admin any more
  selfhosted.llm.open_webui_user:
    api_email: me@example.com
    api_password: "{{ vault_open_webui_password }}"

- name: The people of the house
  selfhosted.llm.open_webui_user:
    api_token: "{{ session.token }}"
    users:
      - email: ada@example.com
        name: Ada
        role: admin
        password: "{{ vault_ada_password }}"
      - email: ben@example.com
        name: Ben
        password: "{{ vault_ben_password }}"
      - email: gone@example.com
        state: absent
"""

RETURN = r"""
user:
  description: The account that is signed in. In check mode, as it would be.
  returned: when O(api_email) and O(api_password) are used
  type: dict
  contains:
    email:
      description: E-mail address.
      type: str
      returned: always
      sample: me@example.com
    name:
      description: Name that is shown.
      type: str
      returned: always
      sample: Admin
    role:
      description: Role of the account.
      type: str
      returned: always
      sample: admin
users:
  description: The accounts of the task's list, in its order, then those that O(exclusive) removed.
  returned: when O(users) is given, and on a failure on the way for those before it
  type: list
  elements: dict
  contains:
    name:
      description: The account's address in lower case.
      type: str
      returned: always
      sample: ada@example.com
    action:
      description: What was done, or would be done in check mode. One of V(none), V(created), V(updated), V(removed).
      type: str
      returned: always
      sample: updated
    changed:
      description: What of an account that was V(updated) is different now. A V(password) may be the same as before.
      type: list
      elements: str
      returned: always
      sample: [role]
    id:
      description: The server's own identifier. V(null) for one that is not there.
      type: str
      returned: always
      sample: 0d9f2a3e-5a55-4c2b-9df1-3e6f7f6a9d1c
"""

import typing as t

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.selfhosted.llm.plugins.module_utils._arguments import (
    connection_from,
    open_webui_arguments,
    open_webui_sign_in_arguments,
)
from ansible_collections.selfhosted.llm.plugins.module_utils._difference import Difference
from ansible_collections.selfhosted.llm.plugins.module_utils._errors import ApiError, InvalidInput
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.api.server import OpenWebUI
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.api.users import ComingAdmin, Users
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.declare import declare
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.items import Wanted
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.user import ROLES, from_params, passwords
from ansible_collections.selfhosted.llm.plugins.module_utils._outcome import carry_out, finish

ARGUMENTS: dict[str, dict[str, t.Any]] = {
    **open_webui_arguments(),
    **open_webui_sign_in_arguments(),
    "admin_name": {"type": "str", "default": "Admin"},
    "users": {
        "type": "list",
        "elements": "dict",
        "options": {
            "email": {"type": "str", "required": True},
            "name": {"type": "str"},
            "role": {"type": "str", "choices": list(ROLES)},
            "password": {"type": "str", "no_log": True},
            "update_password": {
                "type": "str",
                "choices": ["on_create", "always"],
                "default": "on_create",
                "no_log": False,
            },
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        },
        "required_if": [("update_password", "always", ["password"])],
    },
    "exclusive": {"type": "bool", "default": False},
}


def enter(module: AnsibleModule, server: OpenWebUI) -> Difference:
    """The account that a password lets in, before and after; on a server without accounts it is made."""
    params = module.params
    email, password = params["api_email"], params["api_password"]
    before: dict[str, str] = {}
    if not (email and password):
        whose = "its first admin, for it has no accounts" if server.is_empty else "an admin"
        raise InvalidInput(f"Open WebUI at {server.url}: give api_email and api_password of {whose}.")
    if not server.is_empty:
        before = after = server.sign_in(email, password).public()
        if after["role"] != "admin":
            raise ApiError(
                f"{after['email']} is there on Open WebUI at {server.url}, but its role is {after['role']}:"
                " let an admin make it one, or give the address of an admin."
            )
    elif module.check_mode:
        after = {"email": email.lower(), "name": params["admin_name"], "role": "admin"}
    else:
        after = server.sign_up(email, password, params["admin_name"]).public()
    return Difference(f"first admin of {server.url}", before, after)


def keep(module: AnsibleModule, server: OpenWebUI, wanted: t.Sequence[Wanted], admin: Difference | None) -> None:
    """Do what C(users) says; `admin` is the account that a password let in."""
    params = module.params
    given = passwords(params["users"])
    let_in = {admin.after["email"]: params["api_password"]} if admin else {}
    settled = {email for email, password in let_in.items() if given.get(email) == password}
    made = admin.after if admin and admin.changed else None
    if made and module.check_mode:
        users: Users = ComingAdmin(server, given, settled, made)
    else:
        users = Users(server, given, settled)
    outcome = declare(
        server.url,
        users,
        wanted,
        check=module.check_mode,
        warn=module.warn,
        exclusive=params["exclusive"],
        keep={users.first, users.own} if params["exclusive"] else (),
        refuse=users.refuse,
    )
    difference = with_made(outcome.difference, made) if made else outcome.difference
    finish(module, difference, users=outcome.entries, **({"user": admin.after} if admin else {}))


def with_made(difference: Difference, admin: dict[str, str]) -> Difference:
    """The difference, with the first admin as what was not there before."""
    email = admin["email"]
    before = {key: fields for key, fields in difference.before.items() if key != email}
    made = {name: admin[name] for name in ("name", "role")}
    return Difference(difference.name, before, {email: made, **difference.after})


def run(module: AnsibleModule) -> None:
    params = module.params
    if params["users"] is None:
        admin = enter(module, OpenWebUI(connection_from(params, token=None)))
        finish(module, admin, user=admin.after)
    else:
        wanted = from_params(params["users"])
        server = OpenWebUI(connection_from(params, params["api_token"]))
        by_token = params["api_token"] and not server.is_empty
        keep(module, server, wanted, None if by_token else enter(module, server))


def main() -> None:
    carry_out(AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True), run)


if __name__ == "__main__":
    main()
