#!/usr/bin/python

# Copyright (c) 2026, the selfhosted.llm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ollama_custom_model
short_description: Make models of one's own on an Ollama server
version_added: 0.1.0
description:
  - Makes models from an installed one, or from files of weights, with a system prompt, template, parameters and so on,
    as a Modelfile would, as one list in one task.
  - Each model is compared with what the server shows of it, and made anew when it differs, when its base has changed,
    or when its files have. What a model does not set itself it has from its base.
  - Files are uploaded by digest, and only those that the server lacks. They are looked at first, because a damaged file
    ends Ollama as a whole.
author:
  - selfhosted.llm contributors (@selfhosted-llm)
notes:
  - The server does not show from which files a model was made, nor from which base it quantised its weights. Such a
    model gets a line in its license that says so, beginning with C(Made by selfhosted.llm).
  - Of a model from files the server makes up a template and parameters when none are given. Those are left as they are.
extends_documentation_fragment:
  - selfhosted.llm._ollama
  - selfhosted.llm._attributes
  - selfhosted.llm._attributes.actiongroup_ollama
options:
  models:
    description:
      - Models that the server has, or no longer has.
      - They are made in this order, so that one may be the base of another.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of the model, such as V(proofreader) or V(team/proofreader:v2).
        type: str
        required: true
      state:
        description: Whether the model is there.
        type: str
        choices: [present, absent]
        default: present
      from:
        description:
          - Name of an installed model that it is made from.
          - One of O(models[].from) and O(models[].path) is needed for V(state=present).
        type: str
      path:
        description:
          - GGUF file, or folder of safetensors with its C(config.json), that it is made from.
          - It is looked for on the controller, among the C(files) of role or playbook as M(ansible.builtin.copy) does.
            With O(models[].remote_src) give the whole path.
        type: str
      remote_src:
        description: Whether O(models[].path) and O(models[].adapters) are on the machine that the module runs on.
        type: bool
        default: false
      adapters:
        description: GGUF files of LoRA adapters that are put on top of the weights.
        type: list
        elements: str
      system:
        description: System prompt. A base's prompt can be replaced, and not be taken away.
        type: str
      template:
        description: Template of the prompt, in Go's syntax.
        type: str
      parameters:
        description:
          - Parameters such as C(temperature), C(num_ctx) or C(stop), with Ollama's names and types.
          - They are checked, because the server stores anything and fails with it later.
          - An empty list for C(stop) takes away those of the base.
        type: dict
      messages:
        description: Conversation that each chat begins with.
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
      license:
        description: License texts, behind those of the base.
        type: list
        elements: str
      quantize:
        description: Quantisation of the weights, which must be of the type F16, BF16 or F32.
        type: str
        choices: [Q4_K_S, Q4_K_M, Q8_0]
  stall_timeout:
    description: Seconds of silence of the server after which the making of a model, or an upload, is given up.
    type: int
    default: 600
  files:
    description:
      - Used by this collection's own action plugin, which looks at files on the controller.
      - Leave it alone.
    type: dict
"""

EXAMPLES = r"""
- name: A proofreader, and a model from a file of this repository
  selfhosted.llm.ollama_custom_model:
    models:
      - name: proofreader
        from: llama3
        system: You correct spelling and grammar, and change nothing else.
        parameters:
          temperature: 0
          num_ctx: 8192
      - name: house
        path: house-q8_0.gguf
        # Ansible would take it for one of its own without the tag.
        template: !unsafe "{{ .System }} {{ .Prompt }}"
      - name: old-proofreader
        state: absent

- name: A file that is on the server's machine
  selfhosted.llm.ollama_custom_model:
    models:
      - name: house
        path: /srv/models/house-f16.gguf
        remote_src: true
        quantize: Q4_K_M
"""

RETURN = r"""
models:
  description: The models of the task's list, in its order.
  returned: success, and failure in the middle, those before it then
  type: list
  elements: dict
  contains:
    name:
      description: Shortest spelling of the name, as the server lists it.
      type: str
      returned: always
      sample: proofreader:latest
    action:
      description:
        - What was done, or would be done in check mode. One of V(none), V(made), V(remade), V(removed).
      type: str
      returned: always
      sample: remade
    drift:
      description: The fields in which a model that is made anew was not as it should be.
      type: list
      elements: str
      returned: always
      sample: [system, parameters]
    digest_before:
      description: Digest of the model's manifest before. V(null) for a model that was not there.
      type: str
      returned: always
      sample: 9f1a3c0bd3c000a25d28ddbf732fe1c6add414de7275464c4e4d1c3b5fcb5d8a
    digest:
      description: Digest afterwards. V(null) for a model that is not there, or that would change in check mode.
      type: str
      returned: always
      sample: 365c0bd3c000a25d28ddbf732fe1c6add414de7275464c4e4d1c3b5fcb5d8ad1
"""

import typing as t

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.selfhosted.llm.plugins.module_utils._arguments import connection_from, ollama_arguments
from ansible_collections.selfhosted.llm.plugins.module_utils._difference import Difference
from ansible_collections.selfhosted.llm.plugins.module_utils._errors import ApiError, InvalidInput, ServerRefused
from ansible_collections.selfhosted.llm.plugins.module_utils._ollama.api import Ollama
from ansible_collections.selfhosted.llm.plugins.module_utils._ollama.custom import (
    Recipe,
    Shown,
    drift,
    expected,
    from_params,
    from_reply,
    refuse_twice,
    request,
)
from ansible_collections.selfhosted.llm.plugins.module_utils._ollama.model import Model
from ansible_collections.selfhosted.llm.plugins.module_utils._ollama.name import Key, Name
from ansible_collections.selfhosted.llm.plugins.module_utils._ollama.weights import File, inspect
from ansible_collections.selfhosted.llm.plugins.module_utils._outcome import carry_out, fail, finish

# Servers before this one know only Modelfiles as text.
OLDEST_VERSION = (0, 5, 5)

ARGUMENTS: dict[str, dict[str, t.Any]] = {
    **ollama_arguments(),
    "models": {
        "type": "list",
        "elements": "dict",
        "required": True,
        "options": {
            "name": {"type": "str", "required": True},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "from": {"type": "str"},
            "path": {"type": "str"},
            "remote_src": {"type": "bool", "default": False},
            "adapters": {"type": "list", "elements": "str"},
            "system": {"type": "str"},
            "template": {"type": "str"},
            "parameters": {"type": "dict"},
            "messages": {
                "type": "list",
                "elements": "dict",
                "options": {
                    "role": {"type": "str", "choices": ["system", "user", "assistant"], "required": True},
                    "content": {"type": "str", "required": True},
                },
            },
            "license": {"type": "list", "elements": "str"},
            "quantize": {"type": "str", "choices": ["Q4_K_S", "Q4_K_M", "Q8_0"]},
        },
        "mutually_exclusive": [("from", "path")],
    },
    "stall_timeout": {"type": "int", "default": 600},
    "files": {"type": "dict"},
}


UNREADABLE = Shown(None, (), "", None, {}, (), "")


class Step(t.NamedTuple):
    """A model of the list, what the server has of it, what it should have, and in which fields the two differ."""

    recipe: Recipe
    found: Shown | None
    wanted: Shown | None
    drift: list[str]
    made: Shown | None = None

    @property
    def is_to_make(self) -> bool:
        return self.recipe.present and (self.found is None or self.drift != [])

    @property
    def is_to_do(self) -> bool:
        return self.is_to_make or (self.found is not None and not self.recipe.present)

    @property
    def left(self) -> Shown | None:
        """What there is, or will be, afterwards."""
        if not self.recipe.present:
            return None
        return (self.made or self.wanted) if self.is_to_make else self.found


def recipe_from(model: dict[str, t.Any], files: dict[str, t.Any]) -> Recipe:
    def look_at(path: str, *, adapter: bool = False) -> list[File]:
        if model["remote_src"]:
            return inspect(path, adapter=adapter)
        if path not in files:
            raise InvalidInput(f"Model '{model['name']}': give it as a dictionary, so that {path} can be looked for.")
        return [File(**file) for file in files[path]]

    wanted = model["state"] == "present"
    weights = look_at(model["path"]) if model["path"] and wanted else []
    adapters = [file for path in model["adapters"] or [] for file in look_at(path, adapter=True)] if wanted else []
    return from_params(model, weights, adapters)


def refuse_missing_bases(module: AnsibleModule, recipes: list[Recipe], there: t.Iterable[Key]) -> None:
    """Bases are installed, or made earlier in the list; the server would pull them unasked and unwatched.

    In check mode another task may have promised to install them.
    """
    known = set(there)
    for recipe in recipes:
        if recipe.base and recipe.present and recipe.base.key not in known:
            sentence = (
                f"Model '{recipe.name}' is made from '{recipe.base}', which is not installed:"
                " install it with ollama_model first, or put it before this one in the list."
            )
            if not module.check_mode:
                raise InvalidInput(sentence)
            module.warn(sentence)
        known = known | {recipe.name.key} if recipe.present else known - {recipe.name.key}


def shown(server: Ollama, name: Name) -> Shown | None:
    reply = server.show(name)
    return from_reply(reply) if reply is not None else None


def found_anyhow(server: Ollama, name: Name) -> Shown | None:
    """A model as it is listed; one that the server cannot show is there all the same, and can be removed."""
    if all(model.name.key != name.key for model in server.models()):
        return None
    try:
        return shown(server, name) or UNREADABLE
    except ServerRefused:
        return UNREADABLE


def compare(server: Ollama, recipe: Recipe, foretold: dict[Key, Shown]) -> Step:
    """What is to be done for one model; `foretold` holds what other steps will have made of its base."""
    if not recipe.present:
        return Step(recipe, found_anyhow(server, recipe.name), None, [])
    found = shown(server, recipe.name)
    base = None
    if recipe.base:
        base = foretold.get(recipe.base.key) or shown(server, recipe.base)
    wanted = expected(recipe, base)
    return Step(recipe, found, wanted, drift(recipe, wanted, found) if found else [])


def foresee(server: Ollama, recipes: list[Recipe]) -> list[Step]:
    """All that is to be done."""
    foretold: dict[Key, Shown] = {}
    steps = []
    for recipe in recipes:
        step = compare(server, recipe, foretold)
        if step.wanted and step.is_to_make:
            foretold[recipe.name.key] = step.wanted
        steps.append(step)
    return steps


def make(server: Ollama, step: Step, wanted: Shown, stall_timeout: int) -> None:
    """Upload what the server lacks, and make the model."""
    for file in step.recipe.all_files:
        if file.path and not server.has_blob(file.digest):
            server.upload(file.digest, file.path, stall_timeout)
    server.create(request(step.recipe, wanted), stall_timeout)


def lacking(server: Ollama, steps: list[Step]) -> list[str]:
    """The digests of files on the controller that are needed and not there."""
    files = [file for step in steps if step.is_to_make for file in step.recipe.all_files]
    return sorted({file.digest for file in files if not file.path and not server.has_blob(file.digest)})


def refuse_old(server: Ollama, steps: list[Step]) -> None:
    if any(step.is_to_make for step in steps) and server.version() < OLDEST_VERSION:
        raise InvalidInput(
            f"Ollama at {server.url} is version {server.version_text()}, and makes models in another way:"
            f" {'.'.join(map(str, OLDEST_VERSION))} or newer is needed."
        )


def describe(step: Step, before: Model | None, after: Model | None, *, check: bool) -> dict[str, t.Any]:
    """The result's entry of a model."""
    action = "none"
    if not step.recipe.present:
        action = "removed" if before else "none"
    elif before is None:
        action = "made"
    elif step.drift and (check or after is None or after.digest != before.digest):
        action = "remade"
    kept = action == "none" or not check
    return {
        "name": str((after or before or Model(step.recipe.name, "", 0)).name),
        "action": action,
        "drift": step.drift,
        "digest_before": before.digest if before else None,
        "digest": after.digest if after and kept else None,
    }


def run(module: AnsibleModule) -> None:
    params = module.params
    if params["stall_timeout"] < 1:
        raise InvalidInput(f"stall_timeout is {params['stall_timeout']}: it must be 1 second or more.")
    recipes = [recipe_from(model, params["files"] or {}) for model in params["models"]]
    refuse_twice(recipes)
    server = Ollama(connection_from(params, params["api_key"]))
    before = {model.name.key: model for model in server.models()}
    refuse_missing_bases(module, recipes, before)

    steps = foresee(server, recipes)
    refuse_old(server, steps)
    after = before
    if not module.check_mode and any(step.is_to_do for step in steps):
        missing = lacking(server, steps)
        if missing:
            module.exit_json(changed=False, missing=missing)
        # What a step makes may be the base of the next, so each looks for itself.
        steps = carry_out_all(module, server, recipes, before)
        after = {model.name.key: model for model in server.models()}
    difference = Difference(
        f"custom models of {server.url}",
        {str(step.recipe.name): step.found.as_diff() for step in steps if step.found},
        {str(step.recipe.name): step.left.as_diff() for step in steps if step.left},
    )
    entries = [
        describe(step, before.get(step.recipe.name.key), after.get(step.recipe.name.key), check=module.check_mode)
        for step in steps
    ]
    finish(module, difference, models=entries)


def carry_out_all(module: AnsibleModule, server: Ollama, recipes: list[Recipe], before: dict[Key, Model]) -> list[Step]:
    """Do what is to be done for each; a failure tells what was done before it."""
    steps: list[Step] = []
    try:
        for recipe in recipes:
            step = carry_on(module, server, recipe)
            steps.append(step)
    except ApiError as error:
        entries = [describe(step, before.get(step.recipe.name.key), None, check=False) for step in steps]
        fail(module, error, changed=any(step.is_to_do for step in steps), models=entries)
    return steps


def carry_on(module: AnsibleModule, server: Ollama, recipe: Recipe) -> Step:
    """Do what is to be done for one model, and look whether it helped."""
    step = compare(server, recipe, {})
    if not recipe.present and step.found:
        server.delete(recipe.name)
    if step.wanted is None or not step.is_to_make:
        return step
    make(server, step, step.wanted, module.params["stall_timeout"])
    made = shown(server, recipe.name)
    if made is None:
        raise ApiError(f"Model '{recipe.name}' was made, and Ollama at {server.url} cannot show it.")
    wrong = drift(recipe, step.wanted, made)
    if wrong:
        module.warn(f"Model '{recipe.name}' was made, and the server shows another {' and '.join(wrong)}.")
    return step._replace(made=made)


def main() -> None:
    carry_out(AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True), run)


if __name__ == "__main__":
    main()
