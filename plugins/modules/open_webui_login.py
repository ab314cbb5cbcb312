#!/usr/bin/python

# Copyright (c) 2026, the selfhosted.llm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: open_webui_login
short_description: Sign in to an Open WebUI server once for several tasks
version_added: 0.1.0
description:
  - The server allows 15 sign-ins of an account in three minutes, and a module that gets O(api_email) and
    O(api_password) signs in for itself. With this module a play signs in once, and the others take its token.
  - Nothing is changed. It signs in under check mode too, so that the tasks behind it can say what they would do.
author:
  - selfhosted.llm contributors (@selfhosted-llm)
notes:
  - The result holds a session token. Set C(no_log=true) for the task, as the example does. A session lasts for four
    weeks by default (C(JWT_EXPIRES_IN) of the server).
extends_documentation_fragment:
  - selfhosted.llm._open_webui
  - selfhosted.llm._attributes.reads
  - selfhosted.llm._attributes.actiongroup_open_webui
options:
  api_email:
    description:
      - E-mail address of an account.
      - If not set, the environment variable E(OPEN_WEBUI_EMAIL) is used.
    type: str
    required: true
  api_password:
    description:
      - Password of that account.
      - If not set, the environment variable E(OPEN_WEBUI_PASSWORD) is used.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Sign in
  selfhosted.llm.open_webui_login:
    api_email: me@example.com
    api_password: "{{ vault_open_webui_password }}"
  register: session
  no_log: true

- name: Sign-up is closed
  selfhosted.llm.open_webui_settings:
    api_token: "{{ session.token }}"
    settings:
      ENABLE_SIGNUP: false
"""

RETURN = r"""
token:
  description: Session token, for O(selfhosted.llm.open_webui_settings#module:api_token) and its like.
  returned: success
  type: str
  sample: eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.e30.x
user:
  description: The account.
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
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.api.server import OpenWebUI
from ansible_collections.selfhosted.llm.plugins.module_utils._outcome import carry_out

ARGUMENTS: dict[str, dict[str, t.Any]] = {
    **open_webui_arguments(),
    **{name: {**option, "required": True} for name, option in open_webui_password_arguments().items()},
}


def run(module: AnsibleModule) -> None:
    server = OpenWebUI(connection_from(module.params, token=None))
    account = server.sign_in(module.params["api_email"], module.params["api_password"])
    module.exit_json(changed=False, token=account.token, user=account.public())


def main() -> None:
    carry_out(AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True), run)


if __name__ == "__main__":
    main()
