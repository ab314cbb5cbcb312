#!/usr/bin/python

# Copyright (c) 2026, the selfhosted.llm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: open_webui_settings
short_description: Stored settings of Open WebUI
version_added: 0.1.0
description:
  - Open WebUI takes these settings from its environment only at its first start; from then on they are in its database.
    This module keeps those, under the names that Open WebUI documents.
  - Names and types are checked before anything is sent, because the server stores whatever it is given, for ever.
    Only settings that differ are written.
  - Settings of embeddings and reranking are put to work at once.
author:
  - selfhosted.llm contributors (@selfhosted-llm)
notes:
  - Connections to Ollama and to servers of the OpenAI kind are kept by M(selfhosted.llm.open_webui_connection).
    Settings of single sign-on (C(OAUTH_*), C(OPENID_*)) are not among them, because Open WebUI reads
    those at every start.
  - A server that runs with C(ENABLE_PERSISTENT_CONFIG=false) forgets what this module sets when it restarts, and
    nobody can tell from outside that it does.
  - Documents that were embedded with one model are not found with another. After a change of C(RAG_EMBEDDING_MODEL) or
    C(RAG_EMBEDDING_ENGINE), have them embedded again in the admin settings, under Documents.
extends_documentation_fragment:
  - selfhosted.llm._open_webui
  - selfhosted.llm._open_webui.sign_in
  - selfhosted.llm._attributes
  - selfhosted.llm._attributes.actiongroup_open_webui
options:
  settings:
    description:
      - Settings by documented name, such as C(ENABLE_SIGNUP), C(DEFAULT_USER_ROLE), C(TASK_MODEL) or
        C(RAG_EMBEDDING_MODEL), as numbers, truth values, texts, lists and dictionaries. Those that are not listed stay
        as they are.
      - C(USER_PERMISSIONS) is a tree; what it does not name stays as it is. Other dictionaries are replaced.
      - V(null) is for settings that may be without a value, such as C(RAG_FILE_MAX_SIZE).
    type: dict
    default: {}
  secret_settings:
    description:
      - Settings that hold a secret, such as C(RAG_OPENAI_API_KEY) or C(LDAP_APP_PASSWORD). They are compared like
        others, and neither shown nor logged.
    type: dict
    default: {}
  default_models:
    description: Ids of the models that a new chat begins with. C(DEFAULT_MODELS), as a list.
    type: list
    elements: str
  model_order:
    description: Ids of models in the order in which they are offered; others come after them. C(MODEL_ORDER_LIST).
    type: list
    elements: str
  banners:
    description: All banners that everybody sees. C(WEBUI_BANNERS), without ids and times.
    type: list
    elements: dict
    suboptions:
      content:
        description: What it says, with Markdown.
        type: str
        required: true
      title:
        description: Title before it.
        type: str
        default: ""
      type:
        description: Its colour.
        type: str
        choices: [info, success, warning, error]
        default: info
      dismissible:
        description: Whether people can close it. One that is closed comes back when it says something else.
        type: bool
        default: true
  prompt_suggestions:
    description: All suggestions under an empty chat. C(DEFAULT_PROMPT_SUGGESTIONS).
    type: list
    elements: dict
    suboptions:
      title:
        description: First line.
        type: str
        required: true
      subtitle:
        description: Second line.
        type: str
        default: ""
      content:
        description: What it puts into the chat.
        type: str
        required: true
  arena_models:
    description:
      - All arena models, each of which answers with one of several at random. C(EVALUATION_ARENA_MODELS).
      - They are offered when C(ENABLE_EVALUATION_ARENA_MODELS) is on.
    type: list
    elements: dict
    suboptions:
      id:
        description: Id of the arena model.
        type: str
        required: true
      name:
        description: Name that is shown. The O(arena_models[].id) if not set.
        type: str
      description:
        description: What it is for.
        type: str
        default: ""
      models:
        description: Ids of the models that it chooses from, two at least. When empty, from all.
        type: list
        elements: str
        default: []
  environment:
    description:
      - Environment that the server was started with, by name, where somebody tries to set stored settings there.
      - It is compared with what is stored. O(settings) go before it. What is no stored setting is neither looked at nor
        shown.
    type: dict
    default: {}
  on_shadowed:
    description:
      - What to do about a setting of O(environment) that is stored with another value, so that the environment has no
        say any more.
      - V(warn) tells of it, V(fail) changes nothing at all, V(reconcile) stores the value of the environment.
    type: str
    choices: [warn, fail, reconcile]
    default: warn
"""

EXAMPLES = r"""
- name: Accounts are made by the admin, documents are embedded by Ollama
  selfhosted.llm.open_webui_settings:
    api_token: "{{ session.token }}"
    settings:
      ENABLE_SIGNUP: false
      DEFAULT_USER_ROLE: user
      RAG_EMBEDDING_ENGINE: ollama
      RAG_EMBEDDING_MODEL: nomic-embed-text
      USER_PERMISSIONS:
        workspace:
          prompts: true

- name: What people see first
  selfhosted.llm.open_webui_settings:
    api_token: "{{ session.token }}"
    default_models: [llama3:latest]
    banners:
      - content: Answers may be wrong. Look things up before you rely on them.
        type: warning
    prompt_suggestions:
      - title: Explain a word
        subtitle: in two sentences
        content: Explain the word ... in two sentences.

- name: A search engine that wants a key
  selfhosted.llm.open_webui_settings:
    api_token: "{{ session.token }}"
    settings:
      ENABLE_WEB_SEARCH: true
      WEB_SEARCH_ENGINE: brave
    secret_settings:
      BRAVE_SEARCH_API_KEY: "{{ vault_brave_key }}"

- name: What the container's environment says goes, also after the first start
  selfhosted.llm.open_webui_settings:
    api_token: "{{ session.token }}"
    environment: "{{ compose_environment }}"
    on_shadowed: reconcile
"""

RETURN = r"""
settings:
  description:
    - The settings of the task with the values that are stored. In check mode, that would be.
    - Of one that holds a secret, V(set) or V(not set).
  returned: success
  type: dict
  sample:
    ENABLE_SIGNUP: false
    BRAVE_SEARCH_API_KEY: set
shadowed:
  description: The settings of O(environment) that were stored with another value.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: Documented name.
      type: str
      returned: always
      sample: DEFAULT_USER_ROLE
    environment:
      description: Value in the environment. Of a secret, V(set) or V(not set).
      type: raw
      returned: always
      sample: user
    stored:
      description: Value that was stored. Of a secret, V(set), V(not set) or V(set to something else).
      type: raw
      returned: always
      sample: pending
"""

import typing as t

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.selfhosted.llm.plugins.module_utils._arguments import (
    connection_from,
    open_webui_arguments,
    open_webui_sign_in_arguments,
)
from ansible_collections.selfhosted.llm.plugins.module_utils._difference import Difference
from ansible_collections.selfhosted.llm.plugins.module_utils._errors import ApiError, InvalidInput
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui import shaped_settings
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.api.server import connect
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.api.settings import read, store
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.settings import (
    Shadowed,
    documented,
    from_params,
    is_secret,
    plan,
    public,
    shadowed,
    to_stored,
)
from ansible_collections.selfhosted.llm.plugins.module_utils._outcome import carry_out, finish

TEXT = {"type": "str", "default": ""}
NEEDED = {"type": "str", "required": True}
NAMES = {"type": "list", "elements": "str"}
ARGUMENTS: dict[str, dict[str, t.Any]] = {
    **open_webui_arguments(),
    **open_webui_sign_in_arguments(),
    "settings": {"type": "dict", "default": {}},
    "secret_settings": {"type": "dict", "default": {}, "no_log": True},
    "default_models": NAMES,
    "model_order": NAMES,
    "banners": {
        "type": "list",
        "elements": "dict",
        "options": {
            "content": NEEDED,
            "title": TEXT,
            "type": {"type": "str", "choices": ["info", "success", "warning", "error"], "default": "info"},
            "dismissible": {"type": "bool", "default": True},
        },
    },
    "prompt_suggestions": {
        "type": "list",
        "elements": "dict",
        "options": {"title": NEEDED, "subtitle": TEXT, "content": NEEDED},
    },
    "arena_models": {
        "type": "list",
        "elements": "dict",
        "options": {"id": NEEDED, "name": {"type": "str"}, "description": TEXT, "models": {**NAMES, "default": []}},
    },
    # All of it: it may hold passwords beside settings.
    "environment": {"type": "dict", "default": {}, "no_log": True},
    "on_shadowed": {"type": "str", "choices": ["warn", "fail", "reconcile"], "default": "warn"},
}


def run(module: AnsibleModule) -> None:
    params = module.params
    wanted = from_params(params["settings"], params["secret_settings"], shaped_settings.from_params(params))
    server = connect(connection_from(params, params["api_token"]), params)
    stored = documented(read(server))
    in_vain = shadowed(environment_from(module, stored), {name: stored[name] for name in stored if name not in wanted})
    wanted |= answer_for(module, in_vain, server.url)

    changes = plan(stored, wanted)
    before = {name: stored[name] for name in wanted}
    after = before | changes
    if changes and not module.check_mode:
        store(server, to_stored(changes))
        stored = documented(read(server))
        after = {name: stored[name] for name in wanted}
        if plan(stored, wanted):
            raise ApiError(f"Open WebUI at {server.url} took {', '.join(plan(stored, wanted))} and did not keep them.")
    difference = Difference(f"settings of {server.url}", public(before, before), public(after, before))
    finish(module, difference, settings=public(after, after), shadowed=[shown(item) for item in in_vain])


def environment_from(module: AnsibleModule, stored: dict[str, t.Any]) -> dict[str, str]:
    """The settings that the environment names; those that are no secret may be shown again."""
    environment = {name: str(value) for name, value in module.params["environment"].items() if name in stored}
    module.no_log_values -= {value for name, value in environment.items() if not is_secret(name)}
    return environment


def answer_for(module: AnsibleModule, in_vain: list[Shadowed], url: str) -> dict[str, t.Any]:
    """What is to be stored because of settings that the environment names in vain."""
    policy = module.params["on_shadowed"]
    if not in_vain or policy == "reconcile":
        return {item.name: item.environment for item in in_vain}
    names = ", ".join(item.name for item in in_vain)
    sentence = f"The environment of Open WebUI at {url} sets {names}, and other values are stored, which win"
    if policy == "fail":
        raise InvalidInput(f"{sentence}: take them out of the environment, or set on_shadowed to reconcile.")
    module.warn(f"{sentence}.")
    return {}


def shown(item: Shadowed) -> dict[str, t.Any]:
    environment, stored = {item.name: item.environment}, {item.name: item.stored}
    return {
        "name": item.name,
        "environment": public(environment, environment)[item.name],
        "stored": public(stored, environment)[item.name],
    }


def main() -> None:
    carry_out(AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True), run)


if __name__ == "__main__":
    main()
