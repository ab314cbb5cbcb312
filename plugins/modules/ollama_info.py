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
options:
  registry:
    description:
      - Whether the registries are asked what they offer, with one small request per model from the machine that this
        module runs on, through the proxy of its environment if there is one.
      - Nothing is pulled, and a registry that does not answer is no failure.
    type: bool
    default: false
  registry_ca_path:
    description: File of PEM certificates of authorities to trust, beside the usual ones, when a registry is asked.
    type: path
"""

EXAMPLES = r"""
- name: What is there
  selfhosted.llm.ollama_info:
  register: ollama

- name: What is loaded, and how much of it is in the memory of a GPU
  ansible.builtin.debug:
    msg: "{{ item.name }}: {{ (100 * item.size_vram / item.size) | round }} %"
  loop: "{{ ollama.running }}"

- name: Which models moved since they were pulled
  selfhosted.llm.ollama_info:
    registry: true
  register: ollama

- name: Say so
  ansible.builtin.debug:
    msg: "{{ item.name }} has a newer version"
  loop: "{{ ollama.models | selectattr('registry_digest') }}"
  when: item.registry_digest != item.digest
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
    capabilities:
      description: >-
        What it can do, C(completion) for one that chats. V(null) where the server does not say, as before Ollama 0.6.4.
      type: list
      elements: str
      returned: always
      sample: [completion, tools]
    registry_digest:
      description: Digest that its registry offers under its name. V(null) where it offers none, or is silent.
      type: str
      returned: with O(registry=true)
      sample: 365c0bd3c000a25d28ddbf732fe1c6add414de7275464c4e4d1c3b5fcb5d8ad1
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
from ansible_collections.selfhosted.llm.plugins.module_utils._errors import ServerRefused
from ansible_collections.selfhosted.llm.plugins.module_utils._ollama.api import Ollama
from ansible_collections.selfhosted.llm.plugins.module_utils._ollama.loaded import from_reply
from ansible_collections.selfhosted.llm.plugins.module_utils._ollama.name import parse
from ansible_collections.selfhosted.llm.plugins.module_utils._ollama.registry import Manifest, ask
from ansible_collections.selfhosted.llm.plugins.module_utils._outcome import carry_out


def capabilities_of(server: Ollama, tag: dict[str, t.Any]) -> list[str] | None:
    """What a model can do. Since Ollama 0.30 the list of all models says it; one that is damaged says nothing."""
    if "capabilities" in tag:
        return list(tag["capabilities"] or [])
    try:
        return (server.show(parse(tag["name"])) or {}).get("capabilities")
    except ServerRefused:
        return None


def model_from(server: Ollama, tag: dict[str, t.Any]) -> dict[str, t.Any]:
    """A model of the result from an element of GET /api/tags."""
    details = tag.get("details") or {}
    return {
        "capabilities": capabilities_of(server, tag),
        **{key: tag[key] for key in ("name", "digest", "size", "modified_at")},
        **{key: details.get(key, "") for key in ("family", "parameter_size", "quantization_level")},
    }


def with_registry_digests(models: list[dict[str, t.Any]], ca_path: str | None, timeout: int) -> list[dict[str, t.Any]]:
    """The models with what their registries offer under their names."""
    names = [parse(model["name"]) for model in models]
    answers = ask(names, ca_path, timeout)
    digests = [answer.digest if isinstance(answer := answers[name], Manifest) else None for name in names]
    return [{**model, "registry_digest": digest} for model, digest in zip(models, digests, strict=True)]


def run(module: AnsibleModule) -> None:
    params = module.params
    server = Ollama(connection_from(params, params["api_key"]))
    models = sorted((model_from(server, tag) for tag in server.tags()), key=lambda model: str(model["name"]))
    if params["registry"]:
        models = with_registry_digests(models, params["registry_ca_path"], params["timeout"])
    module.exit_json(
        changed=False,
        version=server.version_text(),
        models=models,
        running=[from_reply(reply).to_result() for reply in server.running()],
    )


def main() -> None:
    spec = {
        **ollama_arguments(),
        "registry": {"type": "bool", "default": False},
        "registry_ca_path": {"type": "path"},
    }
    carry_out(AnsibleModule(argument_spec=spec, supports_check_mode=True), run)


if __name__ == "__main__":
    main()
