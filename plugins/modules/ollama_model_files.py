#!/usr/bin/python

# Copyright (c) 2026, the selfhosted.llm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ollama_model_files
short_description: Put models into an Ollama server's store as files
version_added: 0.1.0
description:
  - Copies models from a folder, of the controller or of the managed machine, or from a web server that shows one, into
    the folder in which an Ollama server keeps its models. No registry is asked, so that it works without internet.
  - Digests stay as they are. A server to which a model came in this way cannot tell it from one that it pulled.
  - Each layer is verified while it is copied, and gets its name when all of it is on the disk; the manifest, by which
    the server knows a model, comes last. The server sees it at once, without a restart.
  - Layers that are there already, with the size that they should have, are not copied again. What a run that was broken
    off has left is taken up.
  - Nothing is copied unless the source has all models of the list, and the disk has room for all of them together.
author:
  - selfhosted.llm contributors (@selfhosted-llm)
notes:
  - A folder of models is laid out as Ollama does it, with C(manifests/HOST/NAMESPACE/MODEL/TAG) and
    C(blobs/sha256-DIGEST); the store of another server is one.
  - What is made belongs to whom the folder belongs to.
  - Layers that nothing refers to, as a run that was broken off leaves them, are removed by the server when it starts.
seealso:
  - module: selfhosted.llm.ollama_model
extends_documentation_fragment:
  - selfhosted.llm._attributes
requirements:
  - requests, where O(src) is an address
options:
  name:
    description: Names of the models, as C(ollama pull) takes them.
    type: list
    elements: str
    required: true
  src:
    description:
      - Folder of models, or the address of one (V(http://192.168.1.20:8000/models)).
      - A folder of the controller is looked at there, and only what the store lacks is brought to the managed machine,
        one layer after another, so that its disk needs room for the largest of them twice.
    type: str
    required: true
  remote_src:
    description: Whether the folder is one of the managed machine.
    type: bool
    default: false
  storage_path:
    description:
      - Folder of the server's models, such as C(/usr/share/ollama/.ollama/models). It is made when it is missing.
    type: path
    required: true
  stall_timeout:
    description: Seconds without a byte from an address after which it is asked again.
    type: int
    default: 300
  retries:
    description:
      - How often in a row an address is asked again without anything coming of it, after 1, 2, 4 and so on seconds.
        What came is kept, and it goes on from there.
    type: int
    default: 4
  brought:
    description:
      - Used by this collection's own action plugin, which brings layers from the controller.
      - Leave it alone.
    type: dict
    suboptions:
      manifests:
        description: Manifests by name.
        type: dict
        required: true
      files:
        description: Paths of layers by digest.
        type: dict
        required: true
      models:
        description: What the first run planned.
        type: list
        elements: dict
"""

EXAMPLES = r"""
- name: Models on a machine without internet, from a folder of the controller
  selfhosted.llm.ollama_model_files:
    name: [llama3, all-minilm]
    src: /media/stick/bundle/models
    storage_path: /usr/share/ollama/.ollama/models

- name: From another machine in the same network
  selfhosted.llm.ollama_model_files:
    name: [llama3]
    src: http://192.168.1.20:8000/models
    storage_path: /usr/share/ollama/.ollama/models
"""

RETURN = r"""
models:
  description: The models of the list, in its order.
  returned: success, and failure on the way
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
        - What was done, or would be done in check mode. One of V(none), V(copied), V(updated) and V(mended), which is a
          model that lacked some of its layers.
      type: str
      returned: always
      sample: copied
    digest_before:
      description: Digest of the model's manifest before. V(null) for a model that was not there.
      type: str
      returned: always
      sample:
    digest:
      description: Digest of the source's manifest.
      type: str
      returned: always
      sample: 365c0bd3c000a25d28ddbf732fe1c6add414de7275464c4e4d1c3b5fcb5d8ad1
    size:
      description: Size in bytes.
      type: int
      returned: always
      sample: 4661224676
    bytes:
      description: Bytes of the layers that the store lacked.
      type: int
      returned: always
      sample: 4661224676
"""

import typing as t

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.selfhosted.llm.plugins.module_utils._difference import Difference
from ansible_collections.selfhosted.llm.plugins.module_utils._errors import ApiError, InvalidInput, PartlyDone
from ansible_collections.selfhosted.llm.plugins.module_utils._ollama.model import from_params
from ansible_collections.selfhosted.llm.plugins.module_utils._ollama.model_files import (
    Step,
    describe,
    listing,
    plan,
    understand,
)
from ansible_collections.selfhosted.llm.plugins.module_utils._ollama.model_source import Brought, Folder, Site, Source
from ansible_collections.selfhosted.llm.plugins.module_utils._ollama.storage import refuse_without_room
from ansible_collections.selfhosted.llm.plugins.module_utils._ollama.store import Store
from ansible_collections.selfhosted.llm.plugins.module_utils._outcome import carry_out, finish

ARGUMENTS: dict[str, dict[str, t.Any]] = {
    "name": {"type": "list", "elements": "str", "required": True},
    "src": {"type": "str", "required": True},
    "remote_src": {"type": "bool", "default": False},
    "storage_path": {"type": "path", "required": True},
    "stall_timeout": {"type": "int", "default": 300},
    "retries": {"type": "int", "default": 4},
    "brought": {
        "type": "dict",
        "options": {
            "manifests": {"type": "dict", "required": True},
            "files": {"type": "dict", "required": True},
            "models": {"type": "list", "elements": "dict"},
        },
    },
}


def run(module: AnsibleModule) -> None:
    params = module.params
    for option, least in (("stall_timeout", 1), ("retries", 0)):
        if params[option] < least:
            raise InvalidInput(f"{option} is {params[option]}: it must be {least} or more.")
    names = [wanted.name for wanted in from_params([{"name": name, "state": "present"} for name in params["name"]])]
    source, store = source_from(params), Store(params["storage_path"])
    steps = plan(
        [understand(name, source.manifest(name), source.where) for name in names],
        {name: body for name in names if (body := store.manifest(name)) is not None},
        store.has_blob,
    )
    coming = {
        step.offer.name: sum(max(0, size - store.bytes_there(digest)) for digest, size in step.missing.items())
        for step in steps
    }
    refuse_without_room(store.path, store.free(), coming, "copied")
    entries = (params["brought"] or {}).get("models") or describe(steps)
    if not module.check_mode:
        copy(module, source, store, steps, entries)
    before, after = listing(entries)
    finish(module, Difference(f"models in {store.path}", before, after), models=entries)


def source_from(params: dict[str, t.Any]) -> Source:
    src, brought = params["src"], params["brought"]
    if brought:
        return Brought(src, brought["manifests"], brought["files"])
    return Site(src, params["stall_timeout"]) if "://" in src else Folder(src)


def copy(
    module: AnsibleModule, source: Source, store: Store, steps: list[Step], entries: list[dict[str, t.Any]]
) -> None:
    """Carry out all steps, or end with the digests of layers that are still to be brought."""
    changed = False
    try:
        for step in steps:
            for digest, size in step.missing.items():
                if not isinstance(source, Brought) or digest in source.files:
                    store.take(digest, size, source, module.params["retries"])
        if isinstance(source, Brought):
            missing = [digest for step in steps for digest in step.missing if digest not in source.files]
            if missing:
                module.exit_json(changed=True, missing=missing, models=entries)
        for step in steps:
            if store.manifest(step.offer.name) != step.offer.body:
                store.write_manifest(step.offer.name, step.offer.body)
                changed = True
    except ApiError as error:
        raise PartlyDone(str(error), {"changed": changed, "models": entries}) from error


def main() -> None:
    carry_out(AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True), run)


if __name__ == "__main__":
    main()
