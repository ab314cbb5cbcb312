#!/usr/bin/python

# Copyright (c) 2026, the selfhosted.llm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ollama_model
short_description: Install, update and remove models of an Ollama server
version_added: 0.1.0
description:
  - Installs models with the server's own pull, and removes models, as one list in one task.
  - One request answers for the whole list when nothing has to be done.
  - Two spellings of one model are one model. V(llama3), V(llama3:latest), V(library/llama3) and
    V(registry.ollama.ai/library/llama3:latest) are the same, V(llama3.2) and V(llama3.2:1b) are not.
  - A pull counts as done when the server reports success and can show the model, not when it answers C(200).
  - Models are pulled before others are removed. A model that cannot be had does not keep the others of the list from
    being pulled, but nothing is removed then. What was fetched of it stays on the server, and the next run takes it up.
  - While models are pulled, a line on the console tells how far they are, after 10 seconds and then every 30 at most,
    or as soon after that as none is being checked. What there is to warn of stands before the first. It goes to
    standard error, so that callbacks that write a document to standard output keep it whole.
author:
  - selfhosted.llm contributors (@selfhosted-llm)
notes:
  - What is latest, which digest a registry offers and how big a missing model is, is asked with one small request per
    model from the machine that this module runs on, through the proxy of its environment if there is one. The pull
    itself is the server's.
extends_documentation_fragment:
  - selfhosted.llm._ollama
  - selfhosted.llm._attributes
  - selfhosted.llm._attributes.actiongroup_ollama
options:
  models:
    description: Models that the server has, or no longer has.
    type: list
    elements: dict
    suboptions:
      name:
        description: Name as C(ollama pull) takes it, such as V(llama3) or V(dolphin-llama3:8b-256k).
        type: str
        required: true
      state:
        description:
          - V(present) installs the model when it is missing, V(absent) removes it.
          - V(latest) also compares its digest with what the registry offers, and pulls it when that moved. Servers
            before Ollama 0.19.0 write manifests of their own, so that it is pulled each time there.
            A private model, which only the server's own key opens, is pulled each time, to see whether it moved.
        type: str
        choices: [present, latest, absent]
        default: present
      digest:
        description:
          - Digest of the model's manifest, 64 hexadecimal digits with or without C(sha256:) before them, as
            C(ollama list) shows its beginning and RV(models[].digest) all of it.
          - It is compared with what the registry offers before anything is fetched, for all models of the list.
            When they differ nothing is pulled and the task fails.
          - Servers before Ollama 0.19.0 write manifests of their own, which never have the registry's digest.
        type: str
  name:
    description: Short form of O(models) for names that all share O(state).
    type: list
    elements: str
  state:
    description: State of the models of O(name), as O(models[].state) has it. If not set, V(present).
    type: str
    choices: [present, latest, absent]
  exclusive:
    description: Whether models that are not listed are removed, after all pulls succeeded.
    type: bool
    default: false
  keep:
    description:
      - Names of models that O(exclusive) leaves alone, such as those that M(selfhosted.llm.ollama_custom_model) makes.
    type: list
    elements: str
    default: []
  parallel_pulls:
    description:
      - How many models are pulled side by side. Ollama waits a second at each layer on any line, so that five take
        a quarter of the time of one after another. Longer lists gain from more, and each pull opens up to 16
        connections.
    type: int
    default: 5
  stall_timeout:
    description:
      - Seconds without a byte from the registry after which a pull is given up.
      - There is no limit on a pull as a whole.
    type: int
    default: 300
  retries:
    description:
      - How often in a row a pull that broke off is tried again without getting any further. What was fetched is kept
        between tries, which come after 1, 2, 4 and so on seconds.
      - What trying again cannot help, such as a name that the registry does not have, is not tried again.
    type: int
    default: 4
  on_registry_error:
    description:
      - What to do about an installed model of the state V(latest) when its registry does not tell what is latest.
      - V(keep) leaves it as it is, with a warning.
    type: str
    choices: [fail, keep]
    default: fail
  registry_ca_path:
    description:
      - File of PEM certificates of authorities to trust, beside the usual ones, when this module asks a registry.
    type: path
  storage_path:
    description:
      - Folder of the server's models on the machine that this module runs on, such as C(/root/.ollama/models).
      - When it is given and the registry tells the models' sizes, nothing is pulled, of no model of the list, unless
        the disk has room for all of them together. Layers that models share count once, and what an earlier pull
        left of them counts as there. What does not fit is refused in check mode, too.
      - Layers of up to 100 MB that are there before a pull are checked then, and removed when they are damaged. Ollama
        trusts what an earlier pull left, although not all of that was checked.
    type: path
  memory_size:
    description:
      - Bytes of memory (RAM) of the server's machine, without that which GPUs have of their own. Where CPU and GPU
        share one memory, as on a Mac, it is all of that.
      - When it is given, a warning names each model of the list that the machine cannot load, before it is pulled and
        in each later run. Those of the state V(absent) are not looked at.
      - The size of the weights is what is compared, as the registry tells it where it is asked, else that of the whole
        model as the server lists it, which is some kilobytes more. Context takes memory on top of that, as much as
        the server's settings want, so that a model without a warning may still not fit.
      - Swap is not counted. Ollama counts it, and loads a model into it that is very slow then.
    type: int
  gpu_memory_size:
    description:
      - Bytes of memory of their own that the GPUs of the server's machine have together, V(0) when there are none.
      - They count for what the machine can load, and a warning names each model that does not fit into them alone,
        so that part of it runs on the CPU.
    type: int
    default: 0
  progress:
    description: Whether the console tells how far the pulls are.
    type: bool
    default: true
  slice:
    description:
      - Used by this collection's own action plugin, which runs the module in slices to show progress between them.
      - Leave it alone.
    type: dict
    suboptions:
      seconds:
        description: After how many seconds the slice ends.
        type: int
        required: true
      state:
        description: What the slice before it left off with.
        type: dict
"""

EXAMPLES = r"""
- name: Two models, and one that is no longer wanted
  selfhosted.llm.ollama_model:
    models:
      - name: llama3
      - name: dolphin-llama3:8b-256k
        state: latest
      - name: mistral
        state: absent

- name: The short form
  selfhosted.llm.ollama_model:
    name: [llama3, mistral]

- name: Exactly this one, exactly as it was reviewed
  selfhosted.llm.ollama_model:
    models:
      - name: llama3
        digest: 365c0bd3c000a25d28ddbf732fe1c6add414de7275464c4e4d1c3b5fcb5d8ad1
    exclusive: true

- name: A large one, with a word before the download where the machine has not the disk or the memory for it
  selfhosted.llm.ollama_model:
    name: [llama3:70b]
    storage_path: /usr/share/ollama/.ollama/models
    memory_size: "{{ ansible_facts['memtotal_mb'] * 1024 * 1024 }}"

- name: A server that Ansible does not manage, asked from the controller
  selfhosted.llm.ollama_model:
    api_url: https://ollama.example.com
    api_key: "{{ vault_ollama_key }}"
    name: [llama3]
  delegate_to: localhost
"""

RETURN = r"""
models:
  description: The models of the task's list, in its order, then those that O(exclusive) removed.
  returned: success, and failure of a pull or removal that leaves the server there to be asked
  type: list
  elements: dict
  contains:
    name:
      description: Shortest spelling of the name, as the server lists it.
      type: str
      returned: always
      sample: llama3:latest
    action:
      description:
        - What was done, or would be done in check mode. One of V(none), V(pulled), V(updated), V(removed), V(failed).
        - In check mode also V(unknown), for a private model of the state V(latest).
      type: str
      returned: always
      sample: pulled
    digest_before:
      description: Digest of the model's manifest before. V(null) for a model that was not there.
      type: str
      returned: always
      sample:
    digest:
      description: Digest afterwards. V(null) for a model that is not there. In check mode V(null) when it is not known.
      type: str
      returned: always
      sample: 365c0bd3c000a25d28ddbf732fe1c6add414de7275464c4e4d1c3b5fcb5d8ad1
    size:
      description: Size in bytes. V(null) for a model that is not there, and in check mode when it is not known.
      type: int
      returned: always
      sample: 4661224676
    bytes:
      description:
        - Bytes that came while the task looked, which the server reports some 16 times a second.
        - In check mode, the bytes of the layers that the server lacks, V(null) when the registry does not tell.
      type: int
      returned: always
      sample: 4661224676
    seconds:
      description: How long the pull took. V(0) in check mode.
      type: float
      returned: always
      sample: 41.7
"""

import typing as t

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.common.warnings import get_warning_messages

from ansible_collections.selfhosted.llm.plugins.module_utils._arguments import connection_from, ollama_arguments
from ansible_collections.selfhosted.llm.plugins.module_utils._difference import Difference
from ansible_collections.selfhosted.llm.plugins.module_utils._errors import ApiError, InvalidInput, stopped
from ansible_collections.selfhosted.llm.plugins.module_utils._ollama.api import Ollama
from ansible_collections.selfhosted.llm.plugins.module_utils._ollama.job import (
    Job,
    describe,
    foretell,
    listing,
    resume,
    start,
)
from ansible_collections.selfhosted.llm.plugins.module_utils._ollama.memory import Memory, too_large
from ansible_collections.selfhosted.llm.plugins.module_utils._ollama.model import (
    Model,
    Wanted,
    from_params,
    missed_pins,
    plan,
    to_ask,
)
from ansible_collections.selfhosted.llm.plugins.module_utils._ollama.name import Name, parse
from ansible_collections.selfhosted.llm.plugins.module_utils._ollama.pulls import Effort, pull_all
from ansible_collections.selfhosted.llm.plugins.module_utils._ollama.registry import Answer, Manifest, Unknown, ask
from ansible_collections.selfhosted.llm.plugins.module_utils._ollama.storage import (
    check_space,
    missing_blobs,
    remove_damaged,
)
from ansible_collections.selfhosted.llm.plugins.module_utils._outcome import carry_out, fail, finish

STATE = {"type": "str", "choices": ["present", "latest", "absent"], "default": "present"}
ARGUMENTS = {
    **ollama_arguments(),
    "models": {
        "type": "list",
        "elements": "dict",
        "options": {"name": {"type": "str", "required": True}, "state": STATE, "digest": {"type": "str"}},
    },
    "name": {"type": "list", "elements": "str"},
    "state": {"type": "str", "choices": ["present", "latest", "absent"]},
    "exclusive": {"type": "bool", "default": False},
    "keep": {"type": "list", "elements": "str", "default": []},
    "parallel_pulls": {"type": "int", "default": 5},
    "stall_timeout": {"type": "int", "default": 300},
    "retries": {"type": "int", "default": 4},
    "on_registry_error": {"type": "str", "choices": ["fail", "keep"], "default": "fail"},
    "registry_ca_path": {"type": "path"},
    "storage_path": {"type": "path"},
    "memory_size": {"type": "int"},
    "gpu_memory_size": {"type": "int", "default": 0},
    "progress": {"type": "bool", "default": True},
    "slice": {
        "type": "dict",
        "options": {"seconds": {"type": "int", "required": True}, "state": {"type": "dict"}},
    },
}


def run(module: AnsibleModule) -> None:
    params = module.params
    wanted = wanted_from(params)
    effort = effort_from(params)
    server = connect(params)
    memory = memory_from(params)
    state = (params["slice"] or {}).get("state")
    if state:
        carry_on(module, server, wanted, resume(state), effort)
        return
    job, answers = prepare(module, server, wanted)
    missing = {}
    if job.transfers and (module.check_mode or params["storage_path"] or memory):
        answers |= look_up([name for name in job.plan.pull if name not in answers], params)
        if params["storage_path"] and not module.check_mode:
            clear_damage(module, job, answers)
        missing = missing_blobs(job.plan.pull, answers, server.has_blob)
    if memory:
        for sentence in too_large(wanted, job.before, answers, memory):
            module.warn(sentence)
    look_at_disk(module, missing, answers)
    if module.check_mode:
        coming = {name: None if blobs is None else sum(blobs.values()) for name, blobs in missing.items()}
        after = foretell(job, answers)
        end(module, server, job, after, describe(job, wanted, after, coming))
    carry_on(module, server, wanted, job, effort)


def wanted_from(params: dict[str, t.Any]) -> list[Wanted]:
    given = params["models"]
    if given is None:
        given = [{"name": name, "state": params["state"] or "present"} for name in params["name"]]
    if params["exclusive"] and not given and not params["keep"]:
        raise InvalidInput("The list is empty and exclusive, which would remove every model: list one at least.")
    return from_params(given)


def effort_from(params: dict[str, t.Any]) -> Effort:
    for option, least in (("parallel_pulls", 1), ("stall_timeout", 1), ("retries", 0)):
        if params[option] < least:
            raise InvalidInput(f"{option} is {params[option]}: it must be {least} or more.")
    seconds = params["slice"]["seconds"] if params["slice"] else None
    return Effort(params["parallel_pulls"], params["stall_timeout"], params["retries"], seconds)


def memory_from(params: dict[str, t.Any]) -> Memory | None:
    """What the server's machine has; None when the task does not tell."""
    system, gpu = params["memory_size"], params["gpu_memory_size"]
    for option, size, least in (("memory_size", system, 1), ("gpu_memory_size", gpu, 0)):
        if size is not None and size < least:
            raise InvalidInput(f"{option} is {size}: it must be {least} or more.")
    return Memory(system, gpu) if system or gpu else None


def connect(params: dict[str, t.Any]) -> Ollama:
    return Ollama(connection_from(params, params["api_key"]))


def look_up(names: list[Name], params: dict[str, t.Any]) -> dict[Name, Answer]:
    """What the registries say; nobody is asked about nothing."""
    return ask(names, params["registry_ca_path"], params["timeout"]) if names else {}


def prepare(module: AnsibleModule, server: Ollama, wanted: list[Wanted]) -> tuple[Job, dict[Name, Answer]]:
    """What has to be done, and what the registries were asked for it."""
    before = server.models()
    answers = look_up(to_ask(before, wanted), module.params)
    todo = plan(
        before,
        wanted,
        answers,
        exclusive=module.params["exclusive"],
        keep=[parse(name) for name in module.params["keep"]],
        keep_unknown=module.params["on_registry_error"] == "keep",
    )
    for name, reason in todo.kept:
        module.warn(f"Model '{name}' stays as it is, because nobody tells what is latest: {stopped(reason)}")
    return start(before, todo), answers


def clear_damage(module: AnsibleModule, job: Job, answers: dict[Name, Answer]) -> None:
    """Remove what an earlier pull left damaged, which the server would trust."""
    for name in job.plan.pull:
        answer = answers[name]
        blobs = answer.blobs if isinstance(answer, Manifest) else {}
        for digest in remove_damaged(module.params["storage_path"], blobs):
            module.warn(f"A layer of model '{name}' was damaged, and is fetched again: sha256:{digest}.")


def look_at_disk(
    module: AnsibleModule, missing: dict[Name, dict[str, int] | None], answers: dict[Name, Answer]
) -> None:
    """Refuse what the disk has no room for, and say of what nobody knows the size."""
    for name, blobs in missing.items():
        answer = answers[name]
        if blobs is None and isinstance(answer, Unknown):
            module.warn(f"Nobody tells how big '{name}' is: {stopped(answer.reason)}")
    if missing and module.params["storage_path"]:
        check_space(module.params["storage_path"], missing)


def carry_on(module: AnsibleModule, server: Ollama, wanted: list[Wanted], job: Job, effort: Effort) -> None:
    """Pull, then remove, and end; or end with what the next slice needs."""
    pull_all(lambda: connect(module.params), job.transfers, effort)
    if job.is_paused:
        left = {"state": job.to_data(), "progress": job.to_progress(), "warnings": get_warning_messages()}
        module.exit_json(changed=True, slice=left)
    problems = list(job.errors)
    try:
        after = server.models() if job.transfers else job.before
        problems = problems or missed_pins(wanted, after)
        if job.plan.delete and not problems:
            problems = remove(server, job.plan.delete)
            after = server.models()
    except ApiError as error:
        fail(module, ApiError(" ".join(problems) or str(error)), changed=any(pull.done for pull in job.transfers))
    end(module, server, job, after, describe(job, wanted, after), problems)


def remove(server: Ollama, names: t.Iterable[Name]) -> list[str]:
    """Remove models until one cannot be removed; why it cannot."""
    try:
        for name in names:
            server.delete(name)
    except ApiError as error:
        return [f"Model '{name}' was not removed: {error}"]
    return []


def end(
    module: AnsibleModule,
    server: Ollama,
    job: Job,
    after: list[Model],
    entries: list[dict[str, t.Any]],
    problems: t.Sequence[str] = (),
) -> None:
    difference = Difference(
        name=f"models of {server.url}", before=listing(job.before, entries), after=listing(after, entries)
    )
    if problems:
        fail(module, ApiError(" ".join(problems)), changed=difference.changed, models=entries)
    finish(module, difference, models=entries)


def main() -> None:
    module = AnsibleModule(
        argument_spec=ARGUMENTS,
        mutually_exclusive=[("models", "name"), ("models", "state")],
        required_one_of=[("models", "name")],
        supports_check_mode=True,
    )
    carry_out(module, run)


if __name__ == "__main__":
    main()
