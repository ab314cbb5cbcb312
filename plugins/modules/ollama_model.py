#!/usr/bin/python

# Copyright (c) 2026, the selfhosted.llm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ollama_model
short_description: Install and remove models of an Ollama server
version_added: 0.1.0
description:
  - Installs models with the server's own pull, and removes models, as one list in one task.
  - One request answers for the whole list when nothing has to be done.
  - Two spellings of one model are one model. V(llama3), V(llama3:latest), V(library/llama3) and
    V(registry.ollama.ai/library/llama3:latest) are the same, V(llama3.2) and V(llama3.2:1b) are not.
  - A pull counts as done when the server reports success and can show the model, not when it answers C(200).
  - Models are pulled one after another, and before others are removed. When a pull fails, what was fetched stays
    on the server and the next run takes it up; the result of the failed task tells what was done before.
author:
  - selfhosted.llm contributors (@selfhosted-llm)
extends_documentation_fragment:
  - selfhosted.llm._ollama
  - selfhosted.llm._attributes
  - selfhosted.llm._attributes.actiongroup_ollama
options:
  models:
    description: Models that the server has, or no longer has. Models that are not listed stay as they are.
    type: list
    elements: dict
    suboptions:
      name:
        description: Name as C(ollama pull) takes it, such as V(llama3) or V(dolphin-llama3:8b-256k).
        type: str
        required: true
      state:
        description: Whether the model is installed.
        type: str
        choices: [present, absent]
        default: present
  name:
    description: Short form of O(models) for names that all share O(state).
    type: list
    elements: str
  state:
    description: Whether the models of O(name) are installed.
    type: str
    choices: [present, absent]
    default: present
  stall_timeout:
    description:
      - Seconds without a byte from the registry after which a pull is given up.
      - There is no limit on a pull as a whole.
    type: int
    default: 300
"""

EXAMPLES = r"""
- name: Two models, and one that is no longer wanted
  selfhosted.llm.ollama_model:
    models:
      - name: llama3
      - name: dolphin-llama3:8b-256k
      - name: mistral
        state: absent

- name: The short form
  selfhosted.llm.ollama_model:
    name: [llama3, mistral]

- name: A server that Ansible does not manage, asked from the controller
  selfhosted.llm.ollama_model:
    api_url: https://ollama.example.com
    api_key: "{{ vault_ollama_key }}"
    name: [llama3]
  delegate_to: localhost
"""

RETURN = r"""
models:
  description: The models of the task's list, in its order. In check mode, what would be.
  returned: always; on failure, only those that were pulled or removed before it
  type: list
  elements: dict
  contains:
    name:
      description: Shortest spelling of the name, as the server lists it.
      type: str
      returned: always
      sample: llama3:latest
    action:
      description: What was done, one of V(none), V(pulled) and V(removed).
      type: str
      returned: always
      sample: pulled
    digest:
      description: Digest of the model's manifest. V(null) for a model that is not there, or not yet.
      type: str
      returned: always
      sample: 365c0bd3c000a25d28ddbf732fe1c6add414de7275464c4e4d1c3b5fcb5d8ad1
    size:
      description: Size in bytes. V(null) for a model that is not there, or not yet.
      type: int
      returned: always
      sample: 4661224676
"""

import typing as t

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.selfhosted.llm.plugins.module_utils._arguments import connection_from, ollama_arguments
from ansible_collections.selfhosted.llm.plugins.module_utils._difference import Difference
from ansible_collections.selfhosted.llm.plugins.module_utils._errors import ApiError
from ansible_collections.selfhosted.llm.plugins.module_utils._ollama.api import Ollama
from ansible_collections.selfhosted.llm.plugins.module_utils._ollama.model import (
    Model,
    Plan,
    Wanted,
    from_params,
    plan,
)
from ansible_collections.selfhosted.llm.plugins.module_utils._ollama.name import Name
from ansible_collections.selfhosted.llm.plugins.module_utils._outcome import fail, finish

STATE = {"type": "str", "choices": ["present", "absent"], "default": "present"}
ARGUMENTS = {
    **ollama_arguments(),
    "models": {
        "type": "list",
        "elements": "dict",
        "options": {"name": {"type": "str", "required": True}, "state": STATE},
    },
    "name": {"type": "list", "elements": "str"},
    "state": STATE,
    "stall_timeout": {"type": "int", "default": 300},
}

NOT_YET = "to be pulled"


def apply(server: Ollama, todo: Plan, stall_timeout: int, done: list[Name]) -> None:
    """Carry out the plan, and note in `done` what was carried out."""
    for name in todo.pull:
        server.pull(name, stall_timeout)
        done.append(name)
    for name in todo.delete:
        server.delete(name)
        done.append(name)


def describe(wanted: list[Wanted], todo: Plan, after: list[Model]) -> list[dict[str, t.Any]]:
    """The result's entry for each model of the task's list."""
    pulled, removed = {name.key for name in todo.pull}, {name.key for name in todo.delete}
    there = {model.name.key: model for model in after}
    entries = []
    for item in wanted:
        model = there.get(item.name.key)
        entries.append(
            {
                "name": str(model.name if model else item.name),
                "action": "pulled" if item.name.key in pulled else "removed" if item.name.key in removed else "none",
                "digest": model.digest if model else None,
                "size": model.size if model else None,
            }
        )
    return entries


def listing(models: list[Model], wanted: list[Wanted], coming: tuple[Name, ...] = ()) -> dict[str, str]:
    """The digests of those models that the task names, for the diff."""
    named = {item.name.key for item in wanted}
    lines = {str(model.name): model.digest for model in models if model.name.key in named}
    return lines | {str(name): NOT_YET for name in coming}


def run(module: AnsibleModule, done: list[Name]) -> None:
    params = module.params
    given = params["models"] or [{"name": name, "state": params["state"]} for name in params["name"] or []]
    wanted = from_params(given)
    server = Ollama(connection_from(params, params["api_key"]))
    before = server.models()
    todo = plan(before, wanted)
    if module.check_mode:
        after = [model for model in before if model.name not in todo.delete]
        coming = todo.pull
    else:
        apply(server, todo, params["stall_timeout"], done)
        after = server.models() if done else before
        coming = ()
    difference = Difference(
        name=f"models of {server.url}",
        before=listing(before, wanted),
        after=listing(after, wanted, coming),
    )
    finish(module, difference, models=describe(wanted, todo, after))


def main() -> None:
    module = AnsibleModule(
        argument_spec=ARGUMENTS,
        mutually_exclusive=[("models", "name")],
        required_one_of=[("models", "name")],
        supports_check_mode=True,
    )
    done: list[Name] = []
    try:
        run(module, done)
    except ApiError as error:
        fail(module, error, changed=bool(done), models=[{"name": str(name)} for name in done])


if __name__ == "__main__":
    main()
