#!/usr/bin/python

# Copyright (c) 2026, the selfhosted.llm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ollama_info
short_description: Tell the version, the models and the loaded models of an Ollama server
version_added: 0.1.0
description:
  - Tells what a server is, what it has and what it has in memory, and changes nothing.
author:
  - selfhosted.llm contributors (@selfhosted-llm)
extends_documentation_fragment:
  - selfhosted.llm._ollama
  - selfhosted.llm._attributes.reads
  - selfhosted.llm._attributes.actiongroup_ollama
"""

EXAMPLES = r"""
- name: What is there
  selfhosted.llm.ollama_info:
  register: ollama

- name: What is loaded, and how much of it is in the memory of a GPU
  ansible.builtin.debug:
    msg: "{{ item.name }}: {{ (100 * item.size_vram / item.size) | round }} %"
  loop: "{{ ollama.running }}"
"""

RETURN = r"""
version:
  description: Version of the server.
  returned: success
  type: str
  sample: 0.24.0
models:
  description: The models that the server has, by name.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: Shortest spelling of the name.
      type: str
      returned: always
      sample: llama3:latest
    digest:
      description: Digest of the model's manifest.
      type: str
      returned: always
      sample: 365c0bd3c000a25d28ddbf732fe1c6add414de7275464c4e4d1c3b5fcb5d8ad1
    size:
      description: Size in bytes.
      type: int
      returned: always
      sample: 4661224676
    modified_at:
      description: When it was last pulled, copied or made.
      type: str
      returned: always
      sample: "2026-11-24T02:02:04.681752772Z"
    family:
      description: Architecture.
      type: str
      returned: always
      sample: llama
    parameter_size:
      description: Number of parameters, rounded.
      type: str
      returned: always
      sample: 8.0B
    quantization_level:
      description: Type of most of the weights.
      type: str
      returned: always
      sample: Q4_0
running:
  description: The models that are in memory, by name.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: Name under which it was loaded. Models of the same weights share one place in memory.
      type: str
      returned: always
      sample: llama3:latest
    digest:
      description: Digest of the model's manifest.
      type: str
      returned: always
      sample: 365c0bd3c000a25d28ddbf732fe1c6add414de7275464c4e4d1c3b5fcb5d8ad1
    size:
      description: Bytes of memory that it takes up.
      type: int
      returned: always
      sample: 6654289920
    size_vram:
      description: Bytes of that which are in the memory of a GPU.
      type: int
      returned: always
      sample: 6654289920
    context_length:
      description: Tokens that it has room for. V(null) before Ollama 0.10.0.
      type: int
      returned: always
      sample: 8192
    expires_at:
      description: When it is unloaded if nobody asks it anything. Centuries from now for one that stays.
      type: str
      returned: always
      sample: "2026-11-24T02:07:04.681752772Z"
"""

import typing as t

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.selfhosted.llm.plugins.module_utils._arguments import connection_from, ollama_arguments
from ansible_collections.selfhosted.llm.plugins.module_utils._ollama.api import Ollama
from ansible_collections.selfhosted.llm.plugins.module_utils._ollama.loaded import from_reply
from ansible_collections.selfhosted.llm.plugins.module_utils._outcome import carry_out


def model_from(tag: dict[str, t.Any]) -> dict[str, t.Any]:
    """A model of the result from an element of GET /api/tags."""
    details = tag.get("details") or {}
    return {
        **{key: tag[key] for key in ("name", "digest", "size", "modified_at")},
        **{key: details.get(key, "") for key in ("family", "parameter_size", "quantization_level")},
    }


def run(module: AnsibleModule) -> None:
    server = Ollama(connection_from(module.params, module.params["api_key"]))
    module.exit_json(
        changed=False,
        version=server.version_text(),
        models=sorted((model_from(tag) for tag in server.tags()), key=lambda model: str(model["name"])),
        running=[from_reply(reply).to_result() for reply in server.running()],
    )


def main() -> None:
    carry_out(AnsibleModule(argument_spec=ollama_arguments(), supports_check_mode=True), run)


if __name__ == "__main__":
    main()
