#!/usr/bin/python

# Copyright (c) 2026, the selfhosted.llm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ollama_model_load
short_description: Load models of an Ollama server into memory, or unload them
version_added: 0.1.0
description:
  - Loads installed models, so that the first question is answered at once, and says how long they stay.
  - Models that only make embeddings are loaded too.
  - A model counts as loaded under the name that the server lists it with. Models of the same weights share one place
    in memory, under the name of the one that came first; loading another of them changes nothing there.
author:
  - selfhosted.llm contributors (@selfhosted-llm)
extends_documentation_fragment:
  - selfhosted.llm._ollama
  - selfhosted.llm._attributes
  - selfhosted.llm._attributes.actiongroup_ollama
options:
  models:
    description: Models that are in memory, or not.
    type: list
    elements: dict
    suboptions:
      name:
        description: Name of an installed model.
        type: str
        required: true
      state:
        description: Whether the model is in memory.
        type: str
        choices: [loaded, unloaded]
        default: loaded
      keep_alive:
        description:
          - How long the model stays in memory after the last question, in seconds or with a unit (V(30m), V(24h)).
            V(-1) is for ever.
          - If not set, the server's own C(OLLAMA_KEEP_ALIVE) applies, which is 5 minutes by default.
          - A model that is loaded is told again only when it is to stay for ever and would not, or the other way round.
        type: str
  name:
    description: Short form of O(models) for names that all share O(state) and O(keep_alive).
    type: list
    elements: str
  state:
    description: Whether the models of O(name) are in memory. If not set, V(loaded).
    type: str
    choices: [loaded, unloaded]
  keep_alive:
    description: How long the models of O(name) stay in memory, as O(models[].keep_alive) has it.
    type: str
  require_gpu:
    description:
      - Whether the task fails when a model has no part of its memory on a GPU.
      - A model that this task loaded is unloaded again then. One that has only some of it there is warned about.
    type: bool
    default: false
  load_timeout:
    description: Seconds that the loading of one model may take.
    type: int
    default: 600
"""

EXAMPLES = r"""
- name: The model of the house is always ready, on the GPU
  selfhosted.llm.ollama_model_load:
    name: [llama3]
    keep_alive: "-1"
    require_gpu: true

- name: Make room
  selfhosted.llm.ollama_model_load:
    name: [mistral]
    state: unloaded
"""

RETURN = r"""
models:
  description: The models of the task's list, in its order.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: Shortest spelling of the name.
      type: str
      returned: always
      sample: llama3:latest
    action:
      description: What was done, or would be done in check mode. One of V(none), V(loaded), V(kept), V(unloaded).
      type: str
      returned: always
      sample: loaded
    running:
      description:
        - What the server tells of it, as RV(selfhosted.llm.ollama_info#module:running[]) has it.
        - V(null) for one that is not in memory under this name.
      type: dict
      returned: always
      sample: {"name": "llama3:latest", "size": 6654289920, "size_vram": 6654289920, "context_length": 8192}
"""

import time
import typing as t

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.selfhosted.llm.plugins.module_utils._arguments import connection_from, ollama_arguments
from ansible_collections.selfhosted.llm.plugins.module_utils._difference import Difference
from ansible_collections.selfhosted.llm.plugins.module_utils._errors import ApiError, InvalidInput
from ansible_collections.selfhosted.llm.plugins.module_utils._ollama.api import Ollama
from ansible_collections.selfhosted.llm.plugins.module_utils._ollama.custom import from_reply as from_show
from ansible_collections.selfhosted.llm.plugins.module_utils._ollama.loaded import (
    Loaded,
    Wanted,
    from_reply,
    is_to_load,
    keep_alive_from,
    unsettled,
)
from ansible_collections.selfhosted.llm.plugins.module_utils._ollama.name import Key, Name, parse
from ansible_collections.selfhosted.llm.plugins.module_utils._outcome import carry_out, finish

# The server says yes before its list of what is in memory says so too: up to half a second for a model that it let go
# of, and as long as somebody is answered by one that is to stay for another time.
SETTLE_TRIES = 50
SETTLE_WAIT = 0.2

STATE = {"type": "str", "choices": ["loaded", "unloaded"], "default": "loaded"}
ARGUMENTS: dict[str, dict[str, t.Any]] = {
    **ollama_arguments(),
    "models": {
        "type": "list",
        "elements": "dict",
        "options": {"name": {"type": "str", "required": True}, "state": STATE, "keep_alive": {"type": "str"}},
    },
    "name": {"type": "list", "elements": "str"},
    "state": {"type": "str", "choices": ["loaded", "unloaded"]},
    "keep_alive": {"type": "str"},
    "require_gpu": {"type": "bool", "default": False},
    "load_timeout": {"type": "int", "default": 600},
}

Running = dict[Key, Loaded]


def wanted_from(params: dict[str, t.Any]) -> list[Wanted]:
    given = params["models"]
    if given is None:
        shared = {"state": params["state"] or "loaded", "keep_alive": params["keep_alive"]}
        given = [{"name": name, **shared} for name in params["name"]]
    return [
        Wanted(parse(model["name"]), model["state"] == "loaded", keep_alive_from(model["keep_alive"]))
        for model in given
    ]


def running_on(server: Ollama) -> Running:
    models = [from_reply(reply) for reply in server.running()]
    return {model.name.key: model for model in models}


def load(server: Ollama, wanted: Wanted, patience: int) -> None:
    reply = server.show(wanted.name)
    if reply is None:
        raise InvalidInput(
            f"Model '{wanted.name}' is not installed on {server.url}: install it with ollama_model first."
        )
    capabilities = reply.get("capabilities") or []
    embeds = "embedding" in capabilities and "completion" not in capabilities
    try:
        server.keep(wanted.name, wanted.keep_alive, embeds=embeds, patience=patience)
    except ApiError as error:
        raise ApiError(f"Model '{wanted.name}' was not loaded: {error}") from error


def unload(server: Ollama, wanted: Wanted, patience: int) -> None:
    server.keep(wanted.name, 0, embeds=False, patience=patience)
    if wanted.name.key in settled(server, lambda running: wanted.name.key not in running):
        raise ApiError(f"Model '{wanted.name}' is still in the memory of {server.url}: is somebody talking to it?")


def settled(server: Ollama, is_settled: t.Callable[[Running], bool]) -> Running:
    """What is in memory, as soon as that is what was asked for, or after some seconds."""
    for _number in range(SETTLE_TRIES):
        running = running_on(server)
        if is_settled(running):
            break
        time.sleep(SETTLE_WAIT)
    return running


def weights_of(server: Ollama, name: Name) -> str | None:
    """The digest of the weights of a model, which is what has a place in memory."""
    reply = server.show(name)
    return from_show(reply).weights if reply else None


def refuse_evicted(server: Ollama, loaded: list[Wanted], after: Running) -> None:
    """Fail when a model that was loaded is gone again, which happens when another took its room."""
    missing = [item.name for item in loaded if item.name.key not in after]
    there = {weights_of(server, model.name) for model in after.values()} if missing else set()
    for name in missing:
        if weights_of(server, name) not in there:
            raise ApiError(
                f"Model '{name}' was loaded, and is no longer in the memory of {server.url}: it has no room for all of"
                " the list at a time. Leave some out."
            )


def refuse_cpu(module: AnsibleModule, server: Ollama, loaded: list[Wanted], after: Running) -> None:
    """Fail when a model of the list is not on a GPU, with those that this task loaded unloaded again."""
    for name, model in [(item.name, after.get(item.name.key)) for item in wanted_from(module.params) if item.loaded]:
        if model is None:
            continue
        if model.size_vram == 0:
            for item in loaded:
                unload(server, item, module.params["load_timeout"])
            raise ApiError(
                f"Model '{name}' runs on the CPU of {server.url}: look for 'inference compute' in the server's log,"
                " which names the GPUs that it found, and whether their memory has room for the model."
            )
        if model.size_vram < model.size:
            percent = 100 * model.size_vram // model.size
            module.warn(f"Model '{name}' is on the GPU with {percent} % of its memory only, and slower for it.")


def run(module: AnsibleModule) -> None:
    params = module.params
    if params["load_timeout"] < 1:
        raise InvalidInput(f"load_timeout is {params['load_timeout']}: it must be 1 second or more.")
    wanted = wanted_from(params)
    server = Ollama(connection_from(params, params["api_key"]))
    before = running_on(server)
    if any(item.loaded and item.keep_alive in (0, "0") for item in wanted):
        raise InvalidInput("keep_alive is 0, which unloads a model at once: use the state unloaded.")
    to_load = [item for item in wanted if item.loaded and is_to_load(item, before)]
    to_unload = [item for item in wanted if not item.loaded and item.name.key in before]
    after = before
    if module.check_mode:
        for item in to_load:
            if server.show(item.name) is None:
                module.warn(f"Model '{item.name}' is not installed on {server.url}: it could not be loaded.")
    elif to_load or to_unload:
        for item in to_unload:
            unload(server, item, params["load_timeout"])
        for item in to_load:
            load(server, item, params["load_timeout"])
        after = settled(server, lambda running: not unsettled(to_load, running))
        for name in unsettled(to_load, after):
            module.warn(f"Model '{name}' is answering somebody, and stays for as long as was asked only after that.")
        refuse_evicted(server, to_load, after)
    if params["require_gpu"]:
        new = [] if module.check_mode else [item for item in to_load if item.name.key not in before]
        refuse_cpu(module, server, new, after)
    # One of the same weights as another stays in memory under the other's name.
    loading = [item for item in to_load if module.check_mode or item.name.key in after]
    entries = [describe(item, before, item in loading, after) for item in wanted]
    difference = Difference(
        f"models in the memory of {server.url}",
        {entry["name"]: shown(before.get(item.name.key)) for item, entry in zip(wanted, entries, strict=True)},
        {
            entry["name"]: foretold(item) if module.check_mode and entry["action"] != "none" else shown(found)
            for item, entry in zip(wanted, entries, strict=True)
            for found in [after.get(item.name.key)]
        },
    )
    finish(module, difference, models=entries)


def describe(wanted: Wanted, before: Running, to_load: bool, after: Running) -> dict[str, t.Any]:
    found = after.get(wanted.name.key)
    action = "none"
    if to_load:
        action = "kept" if wanted.name.key in before else "loaded"
    elif not wanted.loaded and wanted.name.key in before:
        action = "unloaded"
    return {"name": str(wanted.name), "action": action, "running": found.to_result() if found else None}


def shown(model: Loaded | None) -> str:
    """How a model is there, for the diff; when exactly it goes moves with every question."""
    if model is None:
        return "not loaded"
    return "loaded, for ever" if model.stays else "loaded"


def foretold(wanted: Wanted) -> str:
    if not wanted.loaded:
        return "not loaded"
    return "loaded, for ever" if wanted.stays else "loaded"


def main() -> None:
    module = AnsibleModule(
        argument_spec=ARGUMENTS,
        mutually_exclusive=[("models", "name"), ("models", "state"), ("models", "keep_alive")],
        required_one_of=[("models", "name")],
        supports_check_mode=True,
    )
    carry_out(module, run)


if __name__ == "__main__":
    main()
