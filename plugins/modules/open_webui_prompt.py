#!/usr/bin/python

# Copyright (c) 2026, the selfhosted.llm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: open_webui_prompt
short_description: Prompts of Open WebUI
version_added: 0.1.0
description:
  - Makes, changes and removes the prompts of the workspace, which people call in a chat by typing a slash and the
    command, as one list in one task.
  - What a prompt of the list does not name stays as it is.
  - Three requests answer for the whole list when nothing has to be done, and one more each where prompts are shared
    with groups and with accounts. Where the server has prompts that are not offered, it lists 30 at a time.
author:
  - selfhosted.llm contributors (@selfhosted-llm)
extends_documentation_fragment:
  - selfhosted.llm._open_webui
  - selfhosted.llm._open_webui.sign_in
  - selfhosted.llm._attributes
  - selfhosted.llm._attributes.actiongroup_open_webui
options:
  prompts:
    description: Prompts that the server has, or no longer has.
    type: list
    elements: dict
    required: true
    suboptions:
      command:
        description:
          - What people type after the slash. Letters, digits, C(-) and C(_).
          - It is what tells prompts apart. A slash before it is taken off.
        type: str
        required: true
      name:
        description: Title in the list of prompts. The O(prompts[].command) where a new prompt has none.
        type: str
      content:
        description:
          - Text that the prompt puts into the chat. Where it has variables of Open WebUI's, such as C({{CLIPBOARD}}),
            mark it with C(!unsafe), or Ansible takes them for its own.
          - Required unless O(prompts[].state=absent).
        type: str
      tags:
        description: All tags of the prompt, by which it is found.
        type: list
        elements: str
      enabled:
        description: Whether it is offered. New prompts are.
        type: bool
      access:
        description:
          - Who may use and change it, beside the account that made it and admins. All of it is replaced by this.
          - New prompts are private.
        type: dict
        suboptions:
          public:
            description: Whether every account may use it.
            type: bool
            default: false
          read_groups:
            description: Names of groups that may use it.
            type: list
            elements: str
            default: []
          read_users:
            description: Addresses of accounts that may use it.
            type: list
            elements: str
            default: []
          write_groups:
            description: Names of groups that may change it.
            type: list
            elements: str
            default: []
          write_users:
            description: Addresses of accounts that may change it.
            type: list
            elements: str
            default: []
      state:
        description: Whether the prompt is there.
        type: str
        choices: [present, absent]
        default: present
  exclusive:
    description: Whether prompts that are not listed are removed.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Prompts of the house
  selfhosted.llm.open_webui_prompt:
    api_token: "{{ session.token }}"
    prompts:
      - command: summarise
        name: Summarise a text
        content: !unsafe "Say in three sentences what this is about: {{CLIPBOARD}}"
        tags: [text]
        access:
          public: true
      - command: minutes
        content: Write minutes of this meeting.
        access:
          read_groups: [office]
      - command: old-one
        state: absent
"""

RETURN = r"""
prompts:
  description: The prompts of the task's list, in its order, then those that O(exclusive) removed.
  returned: success, and failure on the way for those before it
  type: list
  elements: dict
  contains:
    name:
      description: The prompt's command.
      type: str
      returned: always
      sample: summarise
    action:
      description: What was done, or would be done in check mode. One of V(none), V(created), V(updated), V(removed).
      type: str
      returned: always
      sample: updated
    changed:
      description: What of a prompt that was V(updated) is different now.
      type: list
      elements: str
      returned: always
      sample: [content, tags]
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
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.access import access_options
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.api.prompts import Prompts
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.api.server import connect
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.declare import declare
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.prompt import from_params
from ansible_collections.selfhosted.llm.plugins.module_utils._outcome import carry_out, finish

ARGUMENTS: dict[str, dict[str, t.Any]] = {
    **open_webui_arguments(),
    **open_webui_sign_in_arguments(),
    "prompts": {
        "type": "list",
        "elements": "dict",
        "required": True,
        "options": {
            "command": {"type": "str", "required": True},
            "name": {"type": "str"},
            "content": {"type": "str"},
            "tags": {"type": "list", "elements": "str"},
            "enabled": {"type": "bool"},
            "access": access_options(),
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        },
    },
    "exclusive": {"type": "bool", "default": False},
}


def run(module: AnsibleModule) -> None:
    params = module.params
    wanted = from_params(params["prompts"])
    server = connect(connection_from(params, params["api_token"]), params)
    outcome = declare(
        server.url,
        Prompts(server),
        wanted,
        check=module.check_mode,
        warn=module.warn,
        exclusive=params["exclusive"],
    )
    finish(module, outcome.difference, prompts=outcome.entries)


def main() -> None:
    carry_out(AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True), run)


if __name__ == "__main__":
    main()
