#!/usr/bin/python

# Copyright (c) 2026, the selfhosted.llm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: open_webui_info
short_description: Tell what an Open WebUI server holds
version_added: 0.1.0
description:
  - Tells everything that the other modules declare, in the words of their options, so that it can be given to them
    again, to the same server or to another. It changes nothing.
  - Secrets are left out, which are passwords, keys of connections, settings that hold a key or a password, and valves.
    So are the files of knowledge bases.
  - One request answers for a kind, or one for every thirty things where the server gives no more at once.
author:
  - selfhosted.llm contributors (@selfhosted-llm)
extends_documentation_fragment:
  - selfhosted.llm._open_webui
  - selfhosted.llm._open_webui.sign_in
  - selfhosted.llm._attributes.reads
  - selfhosted.llm._attributes.actiongroup_open_webui
options:
  gather:
    description: Kinds of things to tell of. All of them if not set; none but the version when empty.
    type: list
    elements: str
    choices: [users, groups, settings, connections, models, prompts, knowledge, tools, functions]
"""

EXAMPLES = r"""
- name: What is there
  selfhosted.llm.open_webui_info:
    api_token: "{{ session.token }}"
  register: open_webui

- name: The same prompts elsewhere
  selfhosted.llm.open_webui_prompt:
    api_url: http://192.168.1.21:8080
    api_token: "{{ other_session.token }}"
    prompts: "{{ open_webui.prompts }}"

- name: Just the accounts that wait for an admin
  selfhosted.llm.open_webui_info:
    api_token: "{{ session.token }}"
    gather: [users]
  register: people

- name: Who they are
  ansible.builtin.debug:
    msg: "{{ people.users | selectattr('role', 'eq', 'pending') | map(attribute='email') }}"
"""

RETURN = r"""
version:
  description: Version of the server.
  returned: success
  type: str
  sample: 0.12.4
users:
  description: Accounts, for O(selfhosted.llm.open_webui_user#module:users).
  returned: when gathered
  type: list
  elements: dict
  sample:
    - email: ada@example.com
      name: Ada
      role: admin
groups:
  description: Groups, for O(selfhosted.llm.open_webui_group#module:groups).
  returned: when gathered
  type: list
  elements: dict
  sample:
    - name: Office
      description: Everybody who answers customers
      members: [ada@example.com]
      permissions:
        workspace:
          prompts: true
settings:
  description: All settings but secrets, for O(selfhosted.llm.open_webui_settings#module:settings).
  returned: when gathered
  type: dict
  sample:
    ENABLE_SIGNUP: false
connections:
  description:
    - Connections by type, each for O(selfhosted.llm.open_webui_connection#module:connections) together with its
      O(selfhosted.llm.open_webui_connection#module:type).
  returned: when gathered
  type: dict
  sample:
    ollama:
      - url: http://127.0.0.1:11434
        enabled: true
        prefix_id: ""
        model_ids: []
        tags: []
    openai: []
models:
  description: Models of the workspace, for O(selfhosted.llm.open_webui_model#module:models).
  returned: when gathered
  type: list
  elements: dict
  sample:
    - id: pirate
      name: Pirate
      base_model: llama3:latest
      system: You are a pirate.
prompts:
  description: Prompts, for O(selfhosted.llm.open_webui_prompt#module:prompts).
  returned: when gathered
  type: list
  elements: dict
  sample:
    - command: summarise
      name: Summarise a text
      content: Say in three sentences what this is about.
      tags: [text]
      enabled: true
      access:
        public: true
        read_groups: []
        read_users: []
        write_groups: []
        write_users: []
knowledge:
  description: Knowledge bases without their files, for O(selfhosted.llm.open_webui_knowledge#module:knowledge).
  returned: when gathered
  type: list
  elements: dict
  sample:
    - name: Handbook
      description: How we work
tools:
  description: Tools without valves, for O(selfhosted.llm.open_webui_tool#module:tools).
  returned: when gathered
  type: list
  elements: dict
  sample:
    - id: clock
      name: Clock
      description: Tells the time
functions:
  description: Functions without valves, for O(selfhosted.llm.open_webui_function#module:functions).
  returned: when gathered
  type: list
  elements: dict
  sample:
    - id: shout
      name: Shout
      description: Makes answers loud
      enabled: true
      global: false
"""

import typing as t

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.selfhosted.llm.plugins.module_utils._arguments import (
    connection_from,
    open_webui_arguments,
    open_webui_sign_in_arguments,
)
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.api.server import connect
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.api.snapshot import KINDS
from ansible_collections.selfhosted.llm.plugins.module_utils._outcome import carry_out

ARGUMENTS: dict[str, dict[str, t.Any]] = {
    **open_webui_arguments(),
    **open_webui_sign_in_arguments(),
    "gather": {"type": "list", "elements": "str", "choices": list(KINDS)},
}


def run(module: AnsibleModule) -> None:
    params = module.params
    server = connect(connection_from(params, params["api_token"]), params)
    server.remember()
    wanted = KINDS if params["gather"] is None else params["gather"]
    gathered = {kind: read(server) for kind, read in KINDS.items() if kind in wanted}
    module.exit_json(changed=False, version=server.version, **gathered)


def main() -> None:
    carry_out(AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True), run)


if __name__ == "__main__":
    main()
