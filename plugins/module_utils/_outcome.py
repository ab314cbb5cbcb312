# Copyright (c) 2026, the selfhosted.llm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: it may change at any time.

"""How a module ends: the only place beside the modules that knows AnsibleModule."""

from __future__ import annotations

import typing as t

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from ansible_collections.selfhosted.llm.plugins.module_utils._difference import Difference
from ansible_collections.selfhosted.llm.plugins.module_utils._errors import (
    ApiError,
    MissingLibrary,
    PartlyDone,
)


def finish(module: AnsibleModule, difference: Difference, **values: t.Any) -> None:
    """End well, with `values` as the result."""
    result = dict(values, changed=difference.changed)
    if module._diff:
        result["diff"] = difference.as_diff()
    module.exit_json(**result)


def fail(module: AnsibleModule, error: ApiError, **values: t.Any) -> None:
    """End with one sentence, and with what was done before it as `values`."""
    if isinstance(error, MissingLibrary):
        module.fail_json(msg=missing_required_lib(error.library), exception=error.traceback, **values)
    module.fail_json(msg=str(error), **values)


def carry_out(module: AnsibleModule, work: t.Callable[[AnsibleModule], None]) -> None:
    """Do a module's work, which ends well by itself, and end with a sentence when it cannot."""
    try:
        work(module)
    except PartlyDone as error:
        fail(module, error, **error.values)
    except ApiError as error:
        fail(module, error)
