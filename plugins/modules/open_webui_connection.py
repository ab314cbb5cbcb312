#!/usr/bin/python

# Copyright (c) 2026, the selfhosted.llm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: open_webui_connection
short_description: Connections of Open WebUI to Ollama servers
version_added: 0.1.0
description:
  - Open WebUI takes the URLs of its Ollama servers from its environment only at its first start; from then on they
    are in its database. This module keeps those.
  - A connection keeps its options (key, prefix, tags) when others are added or removed.
  - A URL that is new is tried by Open WebUI before anything is stored.
author:
  - selfhosted.llm contributors (@selfhosted-llm)
extends_documentation_fragment:
  - selfhosted.llm._open_webui
  - selfhosted.llm._open_webui.sign_in
  - selfhosted.llm._attributes
  - selfhosted.llm._attributes.actiongroup_open_webui
options:
  connections:
    description: Connections that the server has, or no longer has.
    type: list
    elements: dict
    suboptions:
      url:
        description: URL of the Ollama server, as the machine of Open WebUI reaches it.
        type: str
        required: true
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
      - Whether connections that are not listed are removed.
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
    api_token: "{{ vault_open_webui_token }}"
    connections:
      - url: http://192.168.1.21:11434
      - url: http://192.168.1.20:11434
        state: absent
"""

RETURN = r"""
connections:
  description: The stored connections. In check mode, as they would be.
  returned: success
  type: dict
  contains:
    enabled:
      description: Whether Open WebUI uses its connections to Ollama at all. Having one listed as present turns them on.
      type: bool
      returned: always
      sample: true
    urls:
      description: URLs in the order in which they are stored.
      type: list
      elements: str
      returned: always
      sample: ["http://127.0.0.1:11434"]
"""

import typing as t

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.selfhosted.llm.plugins.module_utils._arguments import (
    connection_from,
    open_webui_arguments,
    open_webui_sign_in_arguments,
)
from ansible_collections.selfhosted.llm.plugins.module_utils._difference import Difference
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.api import connect
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.connection import from_params, plan
from ansible_collections.selfhosted.llm.plugins.module_utils._outcome import carry_out, finish

STATE = {"type": "str", "choices": ["present", "absent"], "default": "present"}
ARGUMENTS: dict[str, dict[str, t.Any]] = {
    **open_webui_arguments(),
    **open_webui_sign_in_arguments(),
    "connections": {
        "type": "list",
        "elements": "dict",
        "options": {"url": {"type": "str", "required": True}, "state": STATE},
    },
    "url": {"type": "list", "elements": "str"},
    "state": {"type": "str", "choices": ["present", "absent"]},
    "exclusive": {"type": "bool", "default": False},
}


def run(module: AnsibleModule) -> None:
    params = module.params
    given = params["connections"]
    if given is None:
        given = [{"url": url, "state": params["state"] or "present"} for url in params["url"]]
    wanted = from_params(given)
    server = connect(connection_from(params, params["api_token"]), params)
    current = server.ollama_connections()
    planned = plan(current, wanted, params["exclusive"])
    difference = Difference(f"Ollama connections of {server.url}", current.public(), planned.public())
    if difference.changed and not module.check_mode:
        for url in planned.urls:
            if url not in current.urls:
                server.verify_ollama(url)
        server.store_ollama_connections(planned)
    finish(module, difference, connections=planned.public())


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
