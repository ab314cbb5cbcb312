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
    This module keeps those.
  - Only settings that differ are written.
author:
  - selfhosted.llm contributors (@selfhosted-llm)
extends_documentation_fragment:
  - selfhosted.llm._open_webui
  - selfhosted.llm._open_webui.sign_in
  - selfhosted.llm._attributes
  - selfhosted.llm._attributes.actiongroup_open_webui
options:
  settings:
    description: Settings under the names that Open WebUI documents. Those that are not listed stay as they are.
    type: dict
    required: true
    suboptions:
      ENABLE_SIGNUP:
        description: Whether anybody who reaches the server may make an account.
        type: bool
"""

EXAMPLES = r"""
- name: Nobody makes an account unasked
  selfhosted.llm.open_webui_settings:
    api_email: me@example.com
    api_password: "{{ vault_open_webui_password }}"
    settings:
      ENABLE_SIGNUP: false
"""

RETURN = r"""
settings:
  description: The settings of the task with the values that are stored. In check mode, that would be.
  returned: success
  type: dict
  sample:
    ENABLE_SIGNUP: false
"""

import typing as t

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.selfhosted.llm.plugins.module_utils._arguments import (
    connection_from,
    open_webui_arguments,
    open_webui_sign_in_arguments,
)
from ansible_collections.selfhosted.llm.plugins.module_utils._difference import Difference
from ansible_collections.selfhosted.llm.plugins.module_utils._errors import ApiError
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.api import connect
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.settings import documented, plan, to_stored
from ansible_collections.selfhosted.llm.plugins.module_utils._outcome import carry_out, finish

ARGUMENTS: dict[str, dict[str, t.Any]] = {
    **open_webui_arguments(),
    **open_webui_sign_in_arguments(),
    "settings": {"type": "dict", "required": True, "options": {"ENABLE_SIGNUP": {"type": "bool"}}},
}


def run(module: AnsibleModule) -> None:
    params = module.params
    wanted = {name: value for name, value in params["settings"].items() if value is not None}
    server = connect(connection_from(params, params["api_token"]), params)
    stored = documented(server.settings())
    before = {name: stored[name] for name in wanted}
    changes = plan(before, wanted)
    after = before | changes
    if changes and not module.check_mode:
        server.store_settings(to_stored(changes))
        stored = documented(server.settings())
        after = {name: stored[name] for name in wanted}
        if plan(after, wanted):
            raise ApiError(f"Open WebUI at {server.url} took {sorted(changes)} and did not keep them.")
    finish(module, Difference(f"settings of {server.url}", before, after), settings=after)


def main() -> None:
    carry_out(AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True), run)


if __name__ == "__main__":
    main()
