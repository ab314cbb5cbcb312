#!/usr/bin/python

# Copyright (c) 2026, the selfhosted.llm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: open_webui_connection
short_description: Connections of Open WebUI to Ollama and to servers of the OpenAI kind
version_added: 0.1.0
description:
  - Open WebUI takes the URLs of its servers of models from its environment only at its first start; from then on they
    are in its database. This module keeps those, by URL.
  - What a task does not name of a connection stays as it is, also when others are added or removed.
  - A connection that is new or has another key is tried by Open WebUI before anything is stored.
author:
  - selfhosted.llm contributors (@selfhosted-llm)
extends_documentation_fragment:
  - selfhosted.llm._open_webui
  - selfhosted.llm._open_webui.sign_in
  - selfhosted.llm._attributes
  - selfhosted.llm._attributes.actiongroup_open_webui
options:
  type:
    description: What answers at the URLs, Ollama's own API or one like OpenAI's. A task is about one of them.
    type: str
    choices: [ollama, openai]
    default: ollama
  connections:
    description: Connections that the server has, or no longer has.
    type: list
    elements: dict
    suboptions:
      url:
        description:
          - URL of the server, as the machine of Open WebUI reaches it.
          - With O(type=openai) the path belongs to it, as in V(https://api.openai.com/v1).
        type: str
        required: true
      key:
        description: Key that the server wants. It is compared with the one that is stored, and never shown.
        type: str
      enabled:
        description: Whether the connection is used. New ones are.
        type: bool
      prefix_id:
        description: Prefix of its models' ids, so that models of the same name on two servers stay apart.
        type: str
      model_ids:
        description: The only models that are offered of it. All of them when empty.
        type: list
        elements: str
      tags:
        description: Tags that all its models get.
        type: list
        elements: str
      state:
        description: Whether the connection is stored.
        type: str
        choices: [present, absent]
        default: present
  url:
    description: Short form of O(connections) for URLs that all share O(state).
    type: list
    elements: str
  state:
    description: Whether the connections of O(url) are stored. If not set, V(present).
    type: str
    choices: [present, absent]
  exclusive:
    description:
      - Whether connections of this O(type) that are not listed are removed.
      - The order of the list is then the order on the server.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Just these two Ollama servers
  selfhosted.llm.open_webui_connection:
    api_email: me@example.com
    api_password: "{{ vault_open_webui_password }}"
    url:
      - http://127.0.0.1:11434
      - http://192.168.1.20:11434
    exclusive: true

- name: One that moved
  selfhosted.llm.open_webui_connection:
    api_token: "{{ session.token }}"
    connections:
      - url: http://192.168.1.21:11434
      - url: http://192.168.1.20:11434
        state: absent

- name: Two models of somebody else's, and nothing more
  selfhosted.llm.open_webui_connection:
    api_token: "{{ session.token }}"
    type: openai
    connections:
      - url: https://api.openai.com/v1
        key: "{{ vault_openai_key }}"
        model_ids: [gpt-5, gpt-5-mini]
        tags: [cloud]

- name: Nothing leaves the house
  selfhosted.llm.open_webui_connection:
    api_token: "{{ session.token }}"
    type: openai
    connections: []
    exclusive: true
"""

RETURN = r"""
enabled:
  description: Whether Open WebUI uses connections of this type at all. Having one listed as present turns them on.
  returned: success
  type: bool
  sample: true
connections:
  description: The stored connections of this type in their order. In check mode, as they would be.
  returned: success
  type: list
  elements: dict
  contains:
    url:
      description: URL.
      type: str
      returned: always
      sample: http://127.0.0.1:11434
    enabled:
      description: Whether it is used.
      type: bool
      returned: always
      sample: true
    prefix_id:
      description: Prefix of its models' ids.
      type: str
      returned: always
      sample: ""
    model_ids:
      description: The only models that are offered of it. All of them when empty.
      type: list
      elements: str
      returned: always
      sample: []
    tags:
      description: Tags of its models.
      type: list
      elements: str
      returned: always
      sample: []
    key:
      description: Whether there is a key. V(set) or V(not set).
      type: str
      returned: always
      sample: not set
"""

import typing as t

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.selfhosted.llm.plugins.module_utils._arguments import (
    connection_from,
    open_webui_arguments,
    open_webui_sign_in_arguments,
)
from ansible_collections.selfhosted.llm.plugins.module_utils._difference import Difference
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.api.connections import TYPES
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.api.server import connect
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.connection import (
    from_params,
    plan,
    to_verify,
)
from ansible_collections.selfhosted.llm.plugins.module_utils._outcome import carry_out, finish

NAMES = {"type": "list", "elements": "str"}
OPTIONS: dict[str, dict[str, t.Any]] = {
    "url": {"type": "str", "required": True},
    "key": {"type": "str", "no_log": True},
    "enabled": {"type": "bool"},
    "prefix_id": {"type": "str"},
    "model_ids": NAMES,
    "tags": NAMES,
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
}
ARGUMENTS: dict[str, dict[str, t.Any]] = {
    **open_webui_arguments(),
    **open_webui_sign_in_arguments(),
    "type": {"type": "str", "choices": ["ollama", "openai"], "default": "ollama"},
    "connections": {"type": "list", "elements": "dict", "options": OPTIONS},
    "url": NAMES,
    "state": {"type": "str", "choices": ["present", "absent"]},
    "exclusive": {"type": "bool", "default": False},
}


def run(module: AnsibleModule) -> None:
    params = module.params
    given = params["connections"]
    if given is None:
        shared = {**dict.fromkeys(OPTIONS), "state": params["state"] or "present"}
        given = [{**shared, "url": url} for url in params["url"]]
    wanted = from_params(given)
    server = connect(connection_from(params, params["api_token"]), params)
    stored = TYPES[params["type"]](server)
    current = stored.read()
    planned = plan(current, wanted, params["exclusive"])
    difference = Difference(
        f"{params['type']} connections of {server.url}", current.public(current), planned.public(current)
    )
    if difference.changed and not module.check_mode:
        for connection in to_verify(current, planned):
            stored.verify(connection)
        stored.store(planned)
    finish(module, difference, **planned.public(planned))


def main() -> None:
    module = AnsibleModule(
        argument_spec=ARGUMENTS,
        mutually_exclusive=[("connections", "url"), ("connections", "state")],
        required_one_of=[("connections", "url")],
        supports_check_mode=True,
    )
    carry_out(module, run)


if __name__ == "__main__":
    main()
