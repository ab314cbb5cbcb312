#!/usr/bin/python

# Copyright (c) 2026, the selfhosted.llm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ollama_chat
short_description: Ask models of an Ollama server
version_added: 0.1.0
description:
  - Asks one or several models the same, one after another, and returns what they said and how fast.
  - A model that does not answer keeps no other from answering; the task fails at its end then, with all answers in its
    result.
  - In check mode nobody is asked, because a question loads a model.
author:
  - selfhosted.llm contributors (@selfhosted-llm)
extends_documentation_fragment:
  - selfhosted.llm._ollama
  - selfhosted.llm._attributes.reads
  - selfhosted.llm._attributes.actiongroup_ollama
options:
  name:
    description: Names of the models.
    type: list
    elements: str
    required: true
  prompt:
    description: The question. One of O(prompt) and O(messages) is needed.
    type: str
  messages:
    description: A conversation instead of a single question, which the models go on with.
    type: list
    elements: dict
    suboptions:
      role:
        description: Who speaks.
        type: str
        choices: [system, user, assistant]
        required: true
      content:
        description: What is said.
        type: str
        required: true
  system:
    description: System prompt, instead of the model's own. Not with O(messages), which may hold one.
    type: str
  parameters:
    description: Parameters for this question, such as C(temperature), C(num_predict) or C(seed), with Ollama's types.
    type: dict
  think:
    description:
      - Whether the model thinks before it answers. If not set, the model decides.
      - A model that cannot think refuses V(true).
    type: bool
  answer_timeout:
    description: Seconds of silence after which a model is given up. Loading it is a silence too.
    type: int
    default: 600
"""

EXAMPLES = r"""
- name: Two opinions
  selfhosted.llm.ollama_chat:
    name: [llama3, mistral]
    prompt: Why is the sky blue? One sentence.
    parameters:
      temperature: 0
      num_predict: 100
  register: chat

- name: Show them
  ansible.builtin.debug:
    msg: "{{ item.name }} ({{ item.tokens_per_second }} tokens/s): {{ item.content }}"
  loop: "{{ chat.answers }}"
"""

RETURN = r"""
answers:
  description: One for each model, in the order of the list. Empty in check mode.
  returned: success, and failure of a model
  type: list
  elements: dict
  contains:
    name:
      description: Name of the model.
      type: str
      returned: always
      sample: llama3:latest
    error:
      description: Why it did not answer.
      type: str
      returned: when it did not
      sample: ""
    content:
      description: What it said.
      type: str
      returned: when it answered
      sample: Because air scatters blue light more than red.
    thinking:
      description: What it thought before it spoke.
      type: str
      returned: when it answered
      sample: ""
    done_reason:
      description: V(stop) when it came to its end, V(length) when it was cut off.
      type: str
      returned: when it answered
      sample: stop
    prompt_tokens:
      description: Length of the question, in tokens.
      type: int
      returned: when it answered
      sample: 21
    answer_tokens:
      description: Length of the answer, in tokens.
      type: int
      returned: when it answered
      sample: 12
    load_seconds:
      description: Seconds that loading the model took.
      type: float
      returned: when it answered
      sample: 1.93
    first_token_seconds:
      description: Seconds until its first token came, those of loading among them. V(0) when none came.
      type: float
      returned: when it answered
      sample: 2.15
    answer_seconds:
      description: Seconds that the answer took, from its first token.
      type: float
      returned: when it answered
      sample: 0.31
    tokens_per_second:
      description: Speed of the answer.
      type: float
      returned: when it answered
      sample: 38.7
"""

import typing as t

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.selfhosted.llm.plugins.module_utils._arguments import connection_from, ollama_arguments
from ansible_collections.selfhosted.llm.plugins.module_utils._errors import ApiError, InvalidInput
from ansible_collections.selfhosted.llm.plugins.module_utils._ollama import parameters as model_parameters
from ansible_collections.selfhosted.llm.plugins.module_utils._ollama.api import Ollama
from ansible_collections.selfhosted.llm.plugins.module_utils._ollama.name import Name, parse
from ansible_collections.selfhosted.llm.plugins.module_utils._outcome import carry_out, fail

ARGUMENTS: dict[str, dict[str, t.Any]] = {
    **ollama_arguments(),
    "name": {"type": "list", "elements": "str", "required": True},
    "prompt": {"type": "str"},
    "messages": {
        "type": "list",
        "elements": "dict",
        "options": {
            "role": {"type": "str", "choices": ["system", "user", "assistant"], "required": True},
            "content": {"type": "str", "required": True},
        },
    },
    "system": {"type": "str"},
    "parameters": {"type": "dict"},
    "think": {"type": "bool"},
    "answer_timeout": {"type": "int", "default": 600},
}

ROUNDED = ("load_seconds", "first_token_seconds", "answer_seconds", "tokens_per_second")


def conversation(params: dict[str, t.Any]) -> list[dict[str, str]]:
    if params["messages"]:
        return list(params["messages"])
    system = [{"role": "system", "content": params["system"]}] if params["system"] else []
    return [*system, {"role": "user", "content": params["prompt"]}]


def ask(server: Ollama, name: Name, params: dict[str, t.Any]) -> dict[str, t.Any]:
    """The result's entry of one model."""
    body = {
        "model": str(name),
        "messages": conversation(params),
        "options": model_parameters.check(str(name), params["parameters"] or {}),
    }
    if params["think"] is not None:
        body["think"] = params["think"]
    try:
        answer = server.chat(body, params["answer_timeout"])
    except ApiError as error:
        return {"name": str(name), "error": str(error)}
    return {"name": str(name), **vars(answer), **{key: round(getattr(answer, key), 3) for key in ROUNDED}}


def run(module: AnsibleModule) -> None:
    params = module.params
    if params["answer_timeout"] < 1:
        raise InvalidInput(f"answer_timeout is {params['answer_timeout']}: it must be 1 second or more.")
    names = [parse(name) for name in params["name"]]
    model_parameters.check(", ".join(map(str, names)), params["parameters"] or {})
    server = Ollama(connection_from(params, params["api_key"]))
    answers = [] if module.check_mode else [ask(server, name, params) for name in names]
    errors = [answer["error"] for answer in answers if "error" in answer]
    if errors:
        fail(module, ApiError(" ".join(errors)), answers=answers)
    module.exit_json(changed=False, answers=answers)


def main() -> None:
    module = AnsibleModule(
        argument_spec=ARGUMENTS,
        required_one_of=[("prompt", "messages")],
        mutually_exclusive=[("prompt", "messages"), ("system", "messages")],
        supports_check_mode=True,
    )
    carry_out(module, run)


if __name__ == "__main__":
    main()
