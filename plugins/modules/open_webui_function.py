#!/usr/bin/python

# Copyright (c) 2026, the selfhosted.llm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: open_webui_function
short_description: Functions of Open WebUI
version_added: 0.1.0
description:
  - Makes, changes and removes functions, Python code that takes part in chats as a filter, an action or a pipe, as one
    list in one task.
  - What a function of the list does not name stays as it is.
  - The server runs the code, with all that it may do, as soon as it is stored. Packages that the code asks for in its
    head (C(requirements)) are installed by the server while it answers; give a longer O(timeout) then.
  - Two requests answer for the whole list when nothing has to be done.
author:
  - selfhosted.llm contributors (@selfhosted-llm)
extends_documentation_fragment:
  - selfhosted.llm._open_webui
  - selfhosted.llm._open_webui.sign_in
  - selfhosted.llm._attributes
  - selfhosted.llm._attributes.actiongroup_open_webui
options:
  functions:
    description: Functions that the server has, or no longer has.
    type: list
    elements: dict
    required: true
    suboptions:
      id:
        description: What tells functions apart. Letters, digits and C(_); capitals become small letters.
        type: str
        required: true
      name:
        description: Title in the list of functions. The O(functions[].id) where a new one has none.
        type: str
      description:
        description: What people read about it.
        type: str
      src:
        description:
          - Path of a file with its Python code.
          - It is looked for on the controller, among the C(files) of role or playbook as M(ansible.builtin.copy) does.
          - A new function needs this or O(functions[].content).
        type: str
      remote_src:
        description: Whether O(functions[].src) is a path on the machine that the module runs on.
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
      enabled:
        description: Whether it is in use. New functions are not.
        type: bool
      global:
        description: Whether a filter or action is for all models, not only for those that name it. New ones are not.
        type: bool
      state:
        description: Whether the function is there.
        type: str
        choices: [present, absent]
        default: present
  exclusive:
    description: Whether functions that are not listed are removed.
    type: bool
    default: false
  files:
    description:
      - Used by this collection's own action plugin, which reads files on the controller.
      - Leave it alone.
    type: dict
"""

EXAMPLES = r"""
- name: A filter for all chats
  selfhosted.llm.open_webui_function:
    api_token: "{{ session.token }}"
    functions:
      - id: no_names
        name: No names
        description: Takes names out of what people write.
        src: no_names.py
        enabled: true
        global: true
        valves:
          priority: 1
"""

RETURN = r"""
functions:
  description: The functions of the task's list, in its order, then those that O(exclusive) removed.
  returned: success, and failure on the way for those before it
  type: list
  elements: dict
  contains:
    name:
      description: The function's id, as the task gives it.
      type: str
      returned: always
      sample: no_names
    action:
      description: What was done, or would be done in check mode. One of V(none), V(created), V(updated), V(removed).
      type: str
      returned: always
      sample: updated
    changed:
      description: What of a function that was V(updated) is different now.
      type: list
      elements: str
      returned: always
      sample: [content, enabled]
    id:
      description: The function's id. V(null) for one that is not there.
      type: str
      returned: always
      sample: no_names
"""

import typing as t

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.selfhosted.llm.plugins.module_utils._arguments import (
    connection_from,
    open_webui_arguments,
    open_webui_sign_in_arguments,
)
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui import code, function, valves
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.api.functions import Functions
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.api.offered import known_to_chats
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.api.server import connect
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.code_file import texts
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.declare import declare
from ansible_collections.selfhosted.llm.plugins.module_utils._outcome import carry_out, finish

ARGUMENTS: dict[str, dict[str, t.Any]] = {
    **open_webui_arguments(),
    **open_webui_sign_in_arguments(),
    "functions": {
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
            "enabled": {"type": "bool"},
            "global": {"type": "bool"},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        },
        "mutually_exclusive": [("src", "content")],
    },
    "exclusive": {"type": "bool", "default": False},
    "files": {"type": "dict"},
}


def run(module: AnsibleModule) -> None:
    params = module.params
    given = valves.take(params["functions"], module.no_log_values, (params["api_token"], params["api_password"]))
    wanted = function.from_params(params["functions"], texts(params["functions"], params["files"] or {}), given)
    server = connect(connection_from(params, params["api_token"]), params)
    functions = Functions(server, code.sources(params["functions"]), given)
    with known_to_chats(server, functions):
        outcome = declare(
            server.url,
            functions,
            wanted,
            check=module.check_mode,
            warn=module.warn,
            exclusive=params["exclusive"],
        )
    finish(module, outcome.difference, functions=outcome.entries)


def main() -> None:
    carry_out(AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True), run)


if __name__ == "__main__":
    main()
