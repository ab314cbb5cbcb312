#!/usr/bin/python

# Copyright (c) 2026, the selfhosted.llm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: open_webui_group
short_description: Groups of Open WebUI, their members and permissions
version_added: 0.1.0
description:
  - Makes, changes and removes groups of accounts, as one list in one task.
  - What a group of the list does not name stays as it is.
  - Two requests answer for the whole list when nothing has to be done. Where O(groups[].members) are given, these are
    asked for in as few requests as possible, which is one for every thirty accounts, or one for every group and one
    more.
author:
  - selfhosted.llm contributors (@selfhosted-llm)
extends_documentation_fragment:
  - selfhosted.llm._open_webui
  - selfhosted.llm._open_webui.sign_in
  - selfhosted.llm._attributes
  - selfhosted.llm._attributes.actiongroup_open_webui
options:
  groups:
    description: Groups that the server has, or no longer has.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of the group. The server may have two of one name, which nobody can tell apart.
        type: str
        required: true
      description:
        description: What the group is for. New groups have none.
        type: str
      members:
        description: Addresses of all accounts that are in the group. An empty list empties it.
        type: list
        elements: str
      permissions:
        description:
          - What members may do beyond what everybody may, by section and name, each V(true) or V(false). Those that
            are not listed stay as they are.
          - Which there are depends on the version of the server; one that it does not know is refused with those that
            it knows.
          - A group cannot take away what everybody may by the server's default permissions.
        type: dict
      state:
        description: Whether the group is there. Its members' accounts are left alone in any case.
        type: str
        choices: [present, absent]
        default: present
  exclusive:
    description: Whether groups that are not listed are removed.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Who belongs together
  selfhosted.llm.open_webui_group:
    api_token: "{{ session.token }}"
    groups:
      - name: Office
        description: Everybody who answers customers
        members:
          - ada@example.com
          - ben@example.com
        permissions:
          workspace:
            prompts: true
            knowledge: true
          features:
            api_keys: true
      - name: Interns
        state: absent
"""

RETURN = r"""
groups:
  description: The groups of the task's list, in its order, then those that O(exclusive) removed.
  returned: success, and failure on the way for those before it
  type: list
  elements: dict
  contains:
    name:
      description: The group's name.
      type: str
      returned: always
      sample: Office
    action:
      description: What was done, or would be done in check mode. One of V(none), V(created), V(updated), V(removed).
      type: str
      returned: always
      sample: updated
    changed:
      description: What of a group that was V(updated) is different now.
      type: list
      elements: str
      returned: always
      sample: [members, permissions]
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
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.api.groups import Groups
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.api.server import connect
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.declare import declare
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.group import from_params, merge
from ansible_collections.selfhosted.llm.plugins.module_utils._outcome import carry_out, finish

ARGUMENTS: dict[str, dict[str, t.Any]] = {
    **open_webui_arguments(),
    **open_webui_sign_in_arguments(),
    "groups": {
        "type": "list",
        "elements": "dict",
        "required": True,
        "options": {
            "name": {"type": "str", "required": True},
            "description": {"type": "str"},
            "members": {"type": "list", "elements": "str"},
            "permissions": {"type": "dict"},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        },
    },
    "exclusive": {"type": "bool", "default": False},
}


def run(module: AnsibleModule) -> None:
    params = module.params
    wanted = from_params(params["groups"])
    server = connect(connection_from(params, params["api_token"]), params)
    groups = Groups(server, members_of={item.key for item in wanted if "members" in item.fields})
    outcome = declare(
        server.url,
        groups,
        wanted,
        check=module.check_mode,
        warn=module.warn,
        exclusive=params["exclusive"],
        merge=merge,
        refuse=groups.refuse,
    )
    finish(module, outcome.difference, groups=outcome.entries)


def main() -> None:
    carry_out(AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True), run)


if __name__ == "__main__":
    main()
