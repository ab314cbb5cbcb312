#!/usr/bin/python

# Copyright (c) 2026, the selfhosted.llm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: open_webui_model
short_description: Models of Open WebUI's workspace
version_added: 0.1.0
description:
  - Makes, changes and removes models of the workspace, as one list in one task. Each is a model of a connection with
    something put on top of it, such as a system prompt, parameters, knowledge and tools. They were once called
    Modelfiles.
  - Without O(models[].base_model), an entry changes the model of a connection that has this id, such as its name, or
    with whom it is shared.
  - What a model of the list does not name stays as it is. Images and whatever else it has stay, too.
  - Models can be used in a chat when the task ends.
  - Whom a model is shared with can use it only where its base is shared with him as well. A base that is the model of
    a connection, with nothing about it in the list or on the server, is for admins only since Open WebUI 0.12. The
    module warns where this bites.
  - Two requests answer for the whole list when nothing has to be done (three before Open WebUI 0.11), and one more each
    where models are shared with groups and with accounts, and for every 30 knowledge bases where models have knowledge.
author:
  - selfhosted.llm contributors (@selfhosted-llm)
extends_documentation_fragment:
  - selfhosted.llm._open_webui
  - selfhosted.llm._open_webui.sign_in
  - selfhosted.llm._attributes
  - selfhosted.llm._attributes.actiongroup_open_webui
options:
  models:
    description: Models that the server has, or no longer has.
    type: list
    elements: dict
    required: true
    suboptions:
      id:
        description: What tells models apart, and what programs call it. Without spaces.
        type: str
        required: true
      name:
        description: Title in the list of models. The O(models[].id) where a new model has none.
        type: str
      base_model:
        description:
          - Id of the model that it is based on, such as V(llama3:latest). It must be one of a connection, or a function
            of the kind pipe, because the server chats with no model that is based on another one of the workspace.
          - New models without one change the model of a connection that has this id.
        type: str
      system:
        description: System prompt.
        type: str
      params:
        description:
          - Parameters such as C(temperature), C(num_ctx) or C(stop), under the names that Open WebUI has for them. All
            of them are replaced by these.
        type: dict
      description:
        description: What people read about it when they choose a model.
        type: str
      capabilities:
        description:
          - What it can do and may use, such as C(vision), C(web_search) or C(citations), each true or false. Those that
            are not named stay as they are.
        type: dict
      suggestions:
        description:
          - Texts that are suggested for the first message of a chat. All of them are replaced by these, and an empty
            list leaves it those that the server has for all models.
        type: list
        elements: str
      tags:
        description: All tags of the model, by which it is found.
        type: list
        elements: str
      knowledge:
        description:
          - Names of all knowledge bases that it knows. Files and notes that were attached to it by hand stay.
        type: list
        elements: str
      tools:
        description: Ids of all tools that it has switched on, with C(server:) before it for that of a tool server.
        type: list
        elements: str
      filters:
        description: Ids of all functions of the kind filter that its chats go through, beside those that are for all.
        type: list
        elements: str
      actions:
        description: Ids of all functions of the kind action that its answers offer, beside those that are for all.
        type: list
        elements: str
      enabled:
        description: Whether it is offered. New models are.
        type: bool
      access:
        description:
          - Who may use and change it, beside the account that made it and admins. All of it is replaced by this.
          - New models are private.
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
        description:
          - Whether the model is there. V(absent) gives the model of a connection back what the connection says of it.
        type: str
        choices: [present, absent]
        default: present
  exclusive:
    description:
      - Whether models that are not listed are removed. Those of connections stay, without what was changed about them.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: A proofreader for the office, and the model that it is based on
  selfhosted.llm.open_webui_model:
    api_token: "{{ session.token }}"
    models:
      - id: llama3:latest
        name: Llama 3
        access:
          public: true
      - id: proofreader
        name: Proofreader
        base_model: llama3:latest
        system: You correct spelling and grammar, and change nothing else.
        params:
          temperature: 0
          num_ctx: 8192
        description: Corrects spelling and grammar.
        suggestions:
          - Correct this letter.
        tags: [text]
        access:
          read_groups: [office]

- name: A model that knows the handbook and looks things up
  selfhosted.llm.open_webui_model:
    api_token: "{{ session.token }}"
    models:
      - id: handbook
        base_model: llama3:latest
        knowledge: [Handbook]
        tools: [calendar]
        capabilities:
          citations: true
          web_search: false
"""

RETURN = r"""
models:
  description: The models of the task's list, in its order, then those that O(exclusive) removed.
  returned: success, and failure on the way for those before it
  type: list
  elements: dict
  contains:
    name:
      description: The model's id, as the task gives it.
      type: str
      returned: always
      sample: proofreader
    action:
      description: What was done, or would be done in check mode. One of V(none), V(created), V(updated), V(removed).
      type: str
      returned: always
      sample: updated
    changed:
      description: What of a model that was V(updated) is different now.
      type: list
      elements: str
      returned: always
      sample: [system, params]
    id:
      description: The model's id. V(null) for one that is not there.
      type: str
      returned: always
      sample: proofreader
"""

import typing as t

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.selfhosted.llm.plugins.module_utils._arguments import (
    connection_from,
    open_webui_arguments,
    open_webui_sign_in_arguments,
)
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.access import access_options
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.api.models import Models
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.api.offered import known_to_chats
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.api.server import connect
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.declare import declare
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.model import from_params, merge
from ansible_collections.selfhosted.llm.plugins.module_utils._outcome import carry_out, finish

NAMES: dict[str, t.Any] = {"type": "list", "elements": "str"}
ARGUMENTS: dict[str, dict[str, t.Any]] = {
    **open_webui_arguments(),
    **open_webui_sign_in_arguments(),
    "models": {
        "type": "list",
        "elements": "dict",
        "required": True,
        "options": {
            "id": {"type": "str", "required": True},
            "name": {"type": "str"},
            "base_model": {"type": "str"},
            "system": {"type": "str"},
            "params": {"type": "dict"},
            "description": {"type": "str"},
            "capabilities": {"type": "dict"},
            **dict.fromkeys(("suggestions", "tags", "knowledge", "tools", "filters", "actions"), NAMES),
            "enabled": {"type": "bool"},
            "access": access_options(),
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        },
    },
    "exclusive": {"type": "bool", "default": False},
}


def run(module: AnsibleModule) -> None:
    params = module.params
    wanted = from_params(params["models"])
    server = connect(connection_from(params, params["api_token"]), params)
    models = Models(server, wanted)
    with known_to_chats(server, models):
        outcome = declare(
            server.url,
            models,
            wanted,
            check=module.check_mode,
            warn=module.warn,
            exclusive=params["exclusive"],
            merge=merge,
        )
    for sentence in models.out_of_reach(outcome.difference.after):
        module.warn(sentence)
    finish(module, outcome.difference, models=outcome.entries)


def main() -> None:
    carry_out(AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True), run)


if __name__ == "__main__":
    main()
