#!/usr/bin/python

# Copyright (c) 2026, the selfhosted.llm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: open_webui_knowledge
short_description: Knowledge bases of Open WebUI
version_added: 0.1.0
description:
  - Makes, changes and removes knowledge bases, the collections of documents that chats and models look things up in, as
    one list in one task.
  - A knowledge base is made of a folder of files. Only files whose content differs are uploaded, what is no longer in
    the folder is removed, and the folders in it become directories of the knowledge base.
  - What a knowledge base of the list does not name stays as it is.
  - One request for each 30 knowledge bases of the server and two for each folder answer for the whole list when nothing
    has to be done, however many files there are.
author:
  - selfhosted.llm contributors (@selfhosted-llm)
notes:
  - Open WebUI reads a document, embeds it, and embeds it again for the knowledge base before it can be found. The
    module waits for that. A file that cannot be taken is named with the server's reason at the end, the others are
    kept, and the next run takes up what is missing, also when a run was cut in the middle.
  - The server takes a content once in a knowledge base. Of files with the same content only the first by name is taken,
    and the others are told as RV(knowledge[].duplicates). Files that differ, and have the same text, are refused by it.
  - Files and folders whose names begin with a dot are left out, and links are followed. Empty files and empty folders
    are refused, before anything is changed.
  - The text of a document can be edited in Open WebUI. The server does not show that it was, so such an edit stays
    until the file changes.
extends_documentation_fragment:
  - selfhosted.llm._open_webui
  - selfhosted.llm._open_webui.sign_in
  - selfhosted.llm._attributes
  - selfhosted.llm._attributes.actiongroup_open_webui
options:
  knowledge:
    description: Knowledge bases that the server has, or no longer has.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: What the knowledge base is called. It is what tells them apart.
        type: str
        required: true
      description:
        description: What is in it, for people and for models that choose where to look.
        type: str
      src:
        description:
          - Folder of the files that it is made of. Without it, the files stay as they are.
          - It is looked for on the controller, among the C(files) of role or playbook as M(ansible.builtin.copy) does.
            With O(knowledge[].remote_src) give the whole path.
        type: str
      remote_src:
        description: Whether O(knowledge[].src) is on the machine that the module runs on.
        type: bool
        default: false
      access:
        description:
          - Who may use and change it, beside the account that made it and admins. All of it is replaced by this.
          - New knowledge bases are private.
        type: dict
        suboptions:
          public:
            description: Whether every account may use it.
            type: bool
            default: false
          read_groups:
            description: Names of groups that may use it.
            type: list
            elements: str
            default: []
          read_users:
            description: Addresses of accounts that may use it.
            type: list
            elements: str
            default: []
          write_groups:
            description: Names of groups that may change it.
            type: list
            elements: str
            default: []
          write_users:
            description: Addresses of accounts that may change it.
            type: list
            elements: str
            default: []
      state:
        description: Whether the knowledge base is there. Its files go with it.
        type: str
        choices: [present, absent]
        default: present
  exclusive:
    description: Whether knowledge bases that are not listed are removed, with their files.
    type: bool
    default: false
  embedding_timeout:
    description: Seconds that may pass without anything being embedded, before waiting for the server is given up.
    type: int
    default: 600
  files:
    description:
      - Used by this collection's own action plugin, which looks at files on the controller.
      - Leave it alone.
    type: dict
"""

EXAMPLES = r"""
- name: What the models of the house can look up
  selfhosted.llm.open_webui_knowledge:
    api_token: "{{ session.token }}"
    knowledge:
      - name: Handbook
        description: How things are done here, from holidays to the coffee machine
        src: handbook
        access:
          public: true
      - name: Contracts
        src: /srv/contracts
        remote_src: true
        access:
          read_groups: [office]
      - name: Old handbook
        state: absent
"""

RETURN = r"""
knowledge:
  description: The knowledge bases of the task's list, in its order, then those that O(exclusive) removed.
  returned: success, and failure on the way for those before it
  type: list
  elements: dict
  contains:
    name:
      description: The name.
      type: str
      returned: always
      sample: Handbook
    action:
      description: What was done, or would be done in check mode. One of V(none), V(created), V(updated), V(removed).
      type: str
      returned: always
      sample: updated
    changed:
      description: What of a knowledge base that was V(updated) is different now.
      type: list
      elements: str
      returned: always
      sample: [files]
    id:
      description: The server's own identifier. V(null) for one that is not there.
      type: str
      returned: always
      sample: 0d9f2a3e-5a55-4c2b-9df1-3e6f7f6a9d1c
    files:
      description: How many files were C(added), C(updated), C(removed) and C(unchanged). V(null) without a folder.
      type: dict
      returned: always
      sample:
        added: 2
        updated: 1
        removed: 0
        unchanged: 297
    failed:
      description: Files that could not be taken, each with its C(file) and the C(reason).
      type: list
      elements: dict
      returned: always
      sample:
        - file: plans/logo.png
          reason: File type image/png is not supported for processing
    duplicates:
      description: Files of the folder that were left out, because one before them has the same content.
      type: list
      elements: str
      returned: always
      sample: [plans/LICENSE]
"""

import typing as t

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.selfhosted.llm.plugins.module_utils._arguments import (
    connection_from,
    open_webui_arguments,
    open_webui_sign_in_arguments,
)
from ansible_collections.selfhosted.llm.plugins.module_utils._errors import InvalidInput
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.access import access_options
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.api.knowledge import AT_A_TIME, KnowledgeBases
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.api.server import connect
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.declare import Outcome, declare
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.folder import File, inspect
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.items import Step
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.knowledge import apart, from_params, tell
from ansible_collections.selfhosted.llm.plugins.module_utils._outcome import carry_out, finish

ARGUMENTS: dict[str, dict[str, t.Any]] = {
    **open_webui_arguments(),
    **open_webui_sign_in_arguments(),
    "knowledge": {
        "type": "list",
        "elements": "dict",
        "required": True,
        "options": {
            "name": {"type": "str", "required": True},
            "description": {"type": "str"},
            "src": {"type": "str"},
            "remote_src": {"type": "bool", "default": False},
            "access": access_options(),
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        },
    },
    "exclusive": {"type": "bool", "default": False},
    "embedding_timeout": {"type": "int", "default": 600},
    "files": {"type": "dict"},
}


def look_at(base: dict[str, t.Any], files: dict[str, t.Any]) -> list[File]:
    """The files of a knowledge base's folder; `files` are those that the action plugin has looked at."""
    if base["remote_src"]:
        return inspect(base["src"])
    if base["src"] not in files:
        raise InvalidInput(
            f"The knowledge base '{base['name']}': give it as a dictionary, so that {base['src']} can be looked for."
        )
    return [File(**file) for file in files[base["src"]]]


def refuse(sentence: str) -> None:
    raise InvalidInput(f"{sentence} Nothing was changed.")


def run(module: AnsibleModule) -> None:
    params = module.params
    if params["embedding_timeout"] < 1:
        raise InvalidInput(f"embedding_timeout is {params['embedding_timeout']}: it must be 1 second or more.")
    folders, left_out = {}, {}
    for base in params["knowledge"]:
        if base["src"] and base["state"] == "present":
            folders[base["name"]], left_out[base["name"]] = apart(look_at(base, params["files"] or {}))
    wanted = from_params(params["knowledge"], folders)
    server = connect(connection_from(params, params["api_token"]), params, AT_A_TIME)
    bases = KnowledgeBases(server, folders, params["embedding_timeout"])

    def told(step: Step) -> dict[str, t.Any]:
        return tell(step, bases.failed.get(step.key, {}), left_out.get(step.key, []))

    def work(check: bool, warn: t.Callable[[str], None]) -> Outcome:
        return declare(server.url, bases, wanted, check=check, warn=warn, exclusive=params["exclusive"], tell=told)

    # Files of the controller are brought when it is known which are needed.
    away = not module.check_mode and any(file.path is None for folder in folders.values() for file in folder)
    outcome = work(module.check_mode or away, refuse if away else module.warn)
    if away:
        missing = bases.lacking({entry["name"]: entry["id"] for entry in outcome.entries})
        if missing:
            module.exit_json(changed=False, missing=missing)
        if outcome.difference.changed:
            outcome = work(False, refuse)
    finish(module, outcome.difference, knowledge=outcome.entries)


def main() -> None:
    carry_out(AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True), run)


if __name__ == "__main__":
    main()
