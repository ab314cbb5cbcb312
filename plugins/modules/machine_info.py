#!/usr/bin/python

# Copyright (c) 2026, the selfhosted.llm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: machine_info
short_description: Look at files and ask programs of a machine, all in one task
version_added: 0.1.0
description:
  - Tells which of some files are there and what they are like, and what some programs say. What would be a dozen tasks
    of M(ansible.builtin.stat), M(ansible.builtin.slurp) and M(ansible.builtin.command), each with its way to the
    machine and back, is one.
  - It is for programs that only tell something. They run in V(check_mode) as well, and the task never counts as
    changed.
  - A file that is not there, and a program that fails or is not installed, is an answer like another and no failure.
author:
  - selfhosted.llm contributors (@selfhosted-llm)
extends_documentation_fragment:
  - selfhosted.llm._attributes.reads
options:
  files:
    description: Paths of files, folders or links to look at.
    type: list
    elements: path
    default: []
  folders:
    description: Paths of folders. What is directly in them is looked at as if it was named in O(files).
    type: list
    elements: path
    default: []
  contents:
    description: Paths of files that are looked at and read. Give the task C(no_log) where one holds a secret.
    type: list
    elements: path
    default: []
  commands:
    description:
      - Programs to run, one after the other, by names that the result has as well. Each is a list of the program and
        its arguments. No shell comes in between, and they speak English.
    type: dict
    default: {}
"""

EXAMPLES = r"""
- name: What nginx is like
  selfhosted.llm.machine_info:
    files: [/etc/nginx/nginx.conf]
    folders: [/etc/nginx/sites-enabled]
    commands:
      test: [nginx, -t]
      listeners: [ss, --no-header, --listening, --tcp, --numeric, "sport = :80"]
  register: nginx

- name: Say what is wrong with its configuration
  ansible.builtin.debug:
    msg: "{{ nginx.commands.test.stderr }}"
  when: nginx.commands.test.rc != 0
"""

RETURN = r"""
files:
  description: What is there, by its path. A path that leads nowhere is not in it.
  returned: success
  type: dict
  contains:
    type:
      description:
        - One of V(file), V(directory) and V(other), or V(missing) for a link that leads nowhere. Links are followed.
      type: str
      returned: always
      sample: file
    link:
      description: Where it leads, if it is a link, else V(null).
      type: str
      returned: always
      sample: /etc/nginx/sites-available/default
    mode:
      description: Its permissions, in octal digits.
      type: str
      returned: when it is not missing
      sample: "0644"
    uid:
      description: Number of its owner.
      type: int
      returned: when it is not missing
      sample: 0
    gid:
      description: Number of its group.
      type: int
      returned: when it is not missing
      sample: 0
    mtime:
      description: When it was written, in seconds since 1970.
      type: float
      returned: when it is not missing
      sample: 1795780800.5
    checksum:
      description: SHA-1 of its content, as M(ansible.builtin.copy) compares it.
      type: str
      returned: for files
      sample: da39a3ee5e6b4b0d3255bfef95601890afd80709
    content:
      description: Its content in Base64.
      type: str
      returned: for files in O(contents)
      sample: c2VjcmV0Cg==
commands:
  description: What the programs said, by the names that they have in O(commands).
  returned: success
  type: dict
  contains:
    rc:
      description: Exit status. V(127) when the program is not installed.
      type: int
      returned: always
      sample: 0
    stdout:
      description: What it printed.
      type: str
      returned: always
      sample: "active\n"
    stdout_lines:
      description: The same, as lines.
      type: list
      elements: str
      returned: always
      sample: [active]
    stderr:
      description: What it printed of errors.
      type: str
      returned: always
      sample: ""
"""

import base64
import os
import stat
import typing as t

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.selfhosted.llm.plugins.module_utils._errors import ApiError, InvalidInput
from ansible_collections.selfhosted.llm.plugins.module_utils._outcome import carry_out


def run(module: AnsibleModule) -> None:
    params = module.params
    commands = {name: argv_from(name, argv) for name, argv in params["commands"].items()}
    try:
        files = files_from(module, params["files"], params["folders"], params["contents"])
    except OSError as error:
        raise ApiError(f"{error.filename} cannot be read here: {error.strerror}.") from error
    answers = {name: said(module, argv) for name, argv in commands.items()}
    module.exit_json(changed=False, files=files, commands=answers)


def files_from(
    module: AnsibleModule, files: list[str], folders: list[str], contents: list[str]
) -> dict[str, dict[str, t.Any]]:
    """What there is, by its path, in the shape of RETURN. Raises OSError for what the account may not read."""
    listed = [os.path.join(folder, name) for folder in folders if os.path.isdir(folder) for name in os.listdir(folder)]
    found = {path: looked_at(path) for path in sorted({*files, *listed, *contents}) if os.path.lexists(path)}
    for path, values in found.items():
        if values["type"] == "file":
            values["checksum"] = module.sha1(path)
            if path in contents:
                with open(path, "rb") as file:
                    values["content"] = base64.b64encode(file.read()).decode()
    return found


def argv_from(name: str, argv: t.Any) -> list[str]:
    """A program with its arguments. Raises InvalidInput when `argv` is none."""
    if not isinstance(argv, list) or not argv:
        raise InvalidInput(f"The command {name} is {argv!r}: give a list of the program and its arguments.")
    return [str(word) for word in argv]


def looked_at(path: str) -> dict[str, t.Any]:
    """What there is at `path`, in the shape of RETURN, without what is in it."""
    link = os.readlink(path) if os.path.islink(path) else None
    if not os.path.exists(path):
        return {"type": "missing", "link": link}
    status = os.stat(path)
    return {
        "type": {stat.S_IFREG: "file", stat.S_IFDIR: "directory"}.get(stat.S_IFMT(status.st_mode), "other"),
        "link": link,
        "mode": f"{stat.S_IMODE(status.st_mode):04o}",
        "uid": status.st_uid,
        "gid": status.st_gid,
        "mtime": status.st_mtime,
    }


def said(module: AnsibleModule, argv: list[str]) -> dict[str, t.Any]:
    """What a program says, in the shape of RETURN."""
    try:
        rc, stdout, stderr = module.run_command(argv, handle_exceptions=False)
    except OSError as error:
        # As a shell has it.
        rc, stdout, stderr = 127, "", f"{argv[0]}: {error.strerror}"
    return {"rc": rc, "stdout": stdout, "stdout_lines": stdout.splitlines(), "stderr": stderr}


def main() -> None:
    spec = {
        "files": {"type": "list", "elements": "path", "default": []},
        "folders": {"type": "list", "elements": "path", "default": []},
        "contents": {"type": "list", "elements": "path", "default": []},
        "commands": {"type": "dict", "default": {}},
    }
    module = AnsibleModule(argument_spec=spec, supports_check_mode=True)
    module.run_command_environ_update = {"LANGUAGE": "C", "LC_ALL": "C.UTF-8"}
    carry_out(module, run)


if __name__ == "__main__":
    main()
