#!/usr/bin/python

# Copyright (c) 2026, the selfhosted.llm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: open_webui_user
short_description: Make the first admin of an Open WebUI server
version_added: 0.1.0
description:
  - On a server without accounts whoever signs up first becomes its admin. This module is that sign-up, for the account
    that the other modules sign in with.
  - On a server that has accounts it signs in as that account, to see that it is there and an admin.
author:
  - selfhosted.llm contributors (@selfhosted-llm)
extends_documentation_fragment:
  - selfhosted.llm._open_webui
  - selfhosted.llm._attributes
  - selfhosted.llm._attributes.actiongroup_open_webui
options:
  api_email:
    description:
      - E-mail address of the admin. The server stores it in lower case, and allows 15 sign-ins in three minutes.
      - If not set, the environment variable E(OPEN_WEBUI_EMAIL) is used.
    type: str
    required: true
  api_password:
    description:
      - Password of the admin. It cannot be read back; on a server that has the account, it must be the account's.
      - If not set, the environment variable E(OPEN_WEBUI_PASSWORD) is used.
    type: str
    required: true
  admin_name:
    description: Name that is shown for the admin. Used when the account is made.
    type: str
    default: Admin
"""

EXAMPLES = r"""
- name: Nobody else can become the admin any more
  selfhosted.llm.open_webui_user:
    api_email: me@example.com
    api_password: "{{ vault_open_webui_password }}"
"""

RETURN = r"""
user:
  description: The account. In check mode, as it would be.
  returned: success
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
"""

import typing as t

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.selfhosted.llm.plugins.module_utils._arguments import (
    connection_from,
    open_webui_arguments,
    open_webui_password_arguments,
)
from ansible_collections.selfhosted.llm.plugins.module_utils._difference import Difference
from ansible_collections.selfhosted.llm.plugins.module_utils._errors import ApiError
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.api import OpenWebUI
from ansible_collections.selfhosted.llm.plugins.module_utils._outcome import carry_out, finish

ARGUMENTS: dict[str, dict[str, t.Any]] = {
    **open_webui_arguments(),
    **{name: {**option, "required": True} for name, option in open_webui_password_arguments().items()},
    "admin_name": {"type": "str", "default": "Admin"},
}


def run(module: AnsibleModule) -> None:
    params = module.params
    server = OpenWebUI(connection_from(params, token=None))
    if not server.is_empty:
        before = after = server.sign_in(params["api_email"], params["api_password"]).public()
        if after["role"] != "admin":
            raise ApiError(
                f"{after['email']} is there on Open WebUI at {server.url}, but its role is {after['role']}:"
                " let an admin make it one, or give the address of an admin."
            )
    else:
        before = {}
        after = {"email": params["api_email"].lower(), "name": params["admin_name"], "role": "admin"}
        if not module.check_mode:
            after = server.sign_up(params["api_email"], params["api_password"], params["admin_name"]).public()
    finish(module, Difference(f"first admin of {server.url}", before, after), user=after)


def main() -> None:
    carry_out(AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True), run)


if __name__ == "__main__":
    main()
