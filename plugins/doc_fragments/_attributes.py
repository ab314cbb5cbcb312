# Copyright (c) 2026, the selfhosted.llm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What every module of this collection says of itself."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options: {}
attributes:
  check_mode:
    description: Says in C(check_mode) what it would change, and changes nothing.
    support: full
  diff_mode:
    description: Returns what has changed, or would change in C(check_mode).
    support: full
  idempotent:
    description: A second run with the same arguments changes nothing.
    support: full
"""

    READS = r"""
options: {}
attributes:
  check_mode:
    description: Says in C(check_mode) what it would change, and changes nothing.
    support: full
    details: It changes nothing anyway.
  diff_mode:
    description: Returns what has changed, or would change in C(check_mode).
    support: N/A
    details: It changes nothing.
  idempotent:
    description: A second run with the same arguments changes nothing.
    support: full
"""

    ACTIONGROUP_OLLAMA = r"""
options: {}
attributes:
  action_group:
    description: Use C(group/selfhosted.llm.ollama) in C(module_defaults) to set defaults for this module.
    support: full
    membership:
      - selfhosted.llm.ollama
"""

    ACTIONGROUP_OPEN_WEBUI = r"""
options: {}
attributes:
  action_group:
    description: Use C(group/selfhosted.llm.open_webui) in C(module_defaults) to set defaults for this module.
    support: full
    membership:
      - selfhosted.llm.open_webui
"""
