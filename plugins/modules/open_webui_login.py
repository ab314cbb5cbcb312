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
  - It signs in under check mode too, so that the tasks behind it can say what they would do.
  - With O(api_key) it makes sure that the account has an API key, or that it has none. A key goes on when nobody can
    sign in with a password any more, because an identity provider does it. Nothing else is changed.
author:
  - selfhosted.llm contributors (@selfhosted-llm)
notes:
  - The result holds a session token, and perhaps an API key. Set C(no_log=true) for the task, as the examples do. A
    session lasts for four weeks by default (C(JWT_EXPIRES_IN) of the server), a key until it is removed or replaced.
extends_documentation_fragment:
  - selfhosted.llm._open_webui
  - selfhosted.llm._attributes
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
  api_key:
    description:
      - Whether the account has an API key. If not set, nobody asks. A key that is there is kept, never replaced.
      - The server must allow API keys (C(ENABLE_API_KEYS) of M(selfhosted.llm.open_webui_settings)).
    type: str
    choices: [present, absent]
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

- name: Get an API key for a time without passwords
  selfhosted.llm.open_webui_login:
    api_email: me@example.com
    api_password: "{{ vault_open_webui_password }}"
    api_key: present
  register: automation
  no_log: true

- name: Keep it where only root reads
  ansible.builtin.copy:
    content: "{{ automation.api_key }}"
    dest: /etc/open_webui_api_key
    mode: "0600"
  no_log: true
  when: automation.api_key is defined
"""

RETURN = r"""
token:
  description: Session token, for O(selfhosted.llm.open_webui_settings#module:api_token) and its like.
  returned: success
  type: str
  sample: eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.e30.x
api_key:
  description: API key of the account, which the other modules take in the place of a token.
  returned: with O(api_key=present), but not in check mode when there is none yet
  type: str
  sample: sk-0123456789abcdef0123456789abcdef
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
from ansible_collections.selfhosted.llm.plugins.module_utils._difference import Difference
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.api import keys
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.api.server import OpenWebUI
from ansible_collections.selfhosted.llm.plugins.module_utils._outcome import carry_out, finish

ARGUMENTS: dict[str, dict[str, t.Any]] = {
    **open_webui_arguments(),
    **{name: {**option, "required": True} for name, option in open_webui_password_arguments().items()},
    "api_key": {"type": "str", "choices": ["present", "absent"], "no_log": False},
}


def keep_key(server: OpenWebUI, wanted: str | None, *, check: bool) -> tuple[Difference, str | None]:
    """What becomes of the account's API key, in words, and the key when it is there afterwards."""
    key = keys.read(server) if wanted else None
    before = {"api_key": "present" if key else "absent"} if wanted else {}
    after = {"api_key": wanted} if wanted else {}
    if wanted == "present" and not key and not check:
        key = keys.make(server)
    elif wanted == "absent" and key and not check:
        keys.remove(server)
    return Difference(f"account of {server.url}", before, after), key if wanted == "present" else None


def run(module: AnsibleModule) -> None:
    server = OpenWebUI(connection_from(module.params, token=None))
    account = server.sign_in(module.params["api_email"], module.params["api_password"])
    difference, key = keep_key(server, module.params["api_key"], check=module.check_mode)
    finish(module, difference, token=account.token, user=account.public(), **({"api_key": key} if key else {}))


def main() -> None:
    carry_out(AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True), run)


if __name__ == "__main__":
    main()
