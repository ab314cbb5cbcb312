#!/usr/bin/python

# Copyright (c) 2026, the selfhosted.llm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: open_webui_tool
short_description: Tools of Open WebUI's workspace
version_added: 0.1.0
description:
  - Makes, changes and removes the tools of the workspace, Python code that models call in chats, as one list in one
    task.
  - What a tool of the list does not name stays as it is.
  - The server runs the code, with all that it may do, as soon as it is stored. Packages that the code asks for in its
    head (C(requirements)) are installed by the server while it answers; give a longer O(timeout) then.
  - Two requests answer for the whole list when nothing has to be done, with one more for each tool with valves in the
    list, and one more each where tools are shared with groups and with accounts.
author:
  - selfhosted.llm contributors (@selfhosted-llm)
extends_documentation_fragment:
  - selfhosted.llm._open_webui
  - selfhosted.llm._open_webui.sign_in
  - selfhosted.llm._attributes
  - selfhosted.llm._attributes.actiongroup_open_webui
options:
  tools:
    description: Tools that the server has, or no longer has.
    type: list
    elements: dict
    required: true
    suboptions:
      id:
        description: What tells tools apart. Letters, digits and C(_); capitals become small letters.
        type: str
        required: true
      name:
        description: Title in the list of tools. The O(tools[].id) where a new one has none.
        type: str
      description:
        description: What people read about it.
        type: str
      src:
        description:
          - Path of a file with its Python code.
          - It is looked for on the controller, among the C(files) of role or playbook as M(ansible.builtin.copy) does.
          - A new tool needs this or O(tools[].content).
        type: str
      remote_src:
        description: Whether O(tools[].src) is a path on the machine that the module runs on.
        type: bool
        default: false
      content:
        description:
          - Its Python code. Where it has double braces, mark it with C(!unsafe), or Ansible takes them for its own.
        type: str
      valves:
        description:
          - Its settings, under the names that its code has for them. Those that are not named stay as they are, and
            one that is null falls back to what the code says.
          - They may be secrets. Only their names are shown, and whether a value differs.
        type: dict
      access:
        description:
          - Who may use and change it, beside the account that made it and admins. All of it is replaced by this.
          - New tools are private.
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
        description: Whether the tool is there.
        type: str
        choices: [present, absent]
        default: present
  exclusive:
    description: Whether tools that are not listed are removed.
    type: bool
    default: false
  files:
    description:
      - Used by this collection's own action plugin, which reads files on the controller.
      - Leave it alone.
    type: dict
"""

EXAMPLES = r"""
- name: A tool from the files of this role, for the office
  selfhosted.llm.open_webui_tool:
    api_token: "{{ session.token }}"
    tools:
      - id: calendar
        name: Calendar
        description: Appointments of the house.
        src: calendar.py
        valves:
          api_key: "{{ calendar_api_key }}"
        access:
          read_groups: [office]
      - id: old_one
        state: absent
"""

RETURN = r"""
tools:
  description: The tools of the task's list, in its order, then those that O(exclusive) removed.
  returned: success, and failure on the way for those before it
  type: list
  elements: dict
  contains:
    name:
      description: The tool's id, as the task gives it.
      type: str
      returned: always
      sample: calendar
    action:
      description: What was done, or would be done in check mode. One of V(none), V(created), V(updated), V(removed).
      type: str
      returned: always
      sample: updated
    changed:
      description: What of a tool that was V(updated) is different now.
      type: list
      elements: str
      returned: always
      sample: [content, valves]
    id:
      description: The tool's id. V(null) for one that is not there.
      type: str
      returned: always
      sample: calendar
"""

import typing as t

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.selfhosted.llm.plugins.module_utils._arguments import (
    connection_from,
    open_webui_arguments,
    open_webui_sign_in_arguments,
)
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui import code, tool, valves
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.access import access_options
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.api.server import connect
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.api.tools import Tools
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.code_file import texts
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.declare import declare
from ansible_collections.selfhosted.llm.plugins.module_utils._outcome import carry_out, finish

ARGUMENTS: dict[str, dict[str, t.Any]] = {
    **open_webui_arguments(),
    **open_webui_sign_in_arguments(),
    "tools": {
        "type": "list",
        "elements": "dict",
        "required": True,
        "options": {
            "id": {"type": "str", "required": True},
            "name": {"type": "str"},
            "description": {"type": "str"},
            "src": {"type": "str"},
            "remote_src": {"type": "bool", "default": False},
            "content": {"type": "str"},
            "valves": {"type": "dict", "no_log": True},
            "access": access_options(),
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        },
        "mutually_exclusive": [("src", "content")],
    },
    "exclusive": {"type": "bool", "default": False},
    "files": {"type": "dict"},
}


def run(module: AnsibleModule) -> None:
    params = module.params
    given = valves.take(params["tools"], module.no_log_values, (params["api_token"], params["api_password"]))
    wanted = tool.from_params(params["tools"], texts(params["tools"], params["files"] or {}), given)
    server = connect(connection_from(params, params["api_token"]), params)
    outcome = declare(
        server.url,
        Tools(server, code.sources(params["tools"]), given),
        wanted,
        check=module.check_mode,
        warn=module.warn,
        exclusive=params["exclusive"],
    )
    finish(module, outcome.difference, tools=outcome.entries)


def main() -> None:
    carry_out(AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True), run)


if __name__ == "__main__":
    main()
