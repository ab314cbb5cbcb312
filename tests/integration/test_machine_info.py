"""machine_info on this machine, with its own programs."""

from __future__ import annotations

import base64
import hashlib
import os
import tempfile
from pathlib import Path

import pytest
from modules import run_module


@pytest.mark.parametrize(("through_ansible", "check"), [(True, False), (True, True), (False, False)])
def test_files_folders_and_programs(tmp_path: Path, through_ansible: bool, check: bool) -> None:
    secret, folder, link = tmp_path / "secret", tmp_path / "folder", tmp_path / "folder" / "link"
    secret.write_text("canary\n")
    secret.chmod(0o600)
    folder.mkdir()
    link.symlink_to("../secret")
    (folder / "lost").symlink_to("nowhere")
    options = {
        "files": [str(folder), str(tmp_path / "none")],
        "folders": [str(folder), str(tmp_path / "none")],
        "contents": [str(secret)],
        "commands": {"words": ["printf", "%s\n", "two words", "one"], "fails": ["ls", "/none"], "missing": ["no-such"]},
    }
    result = run_module("machine_info", options, through_ansible=through_ansible, check=check)
    assert not result.changed
    assert not result.failed
    files, commands = result.values["files"], result.values["commands"]
    assert sorted(files) == sorted(map(str, [folder, folder / "lost", link, secret]))
    checksum = hashlib.sha1(b"canary\n", usedforsecurity=False).hexdigest()
    assert files[str(secret)] == {
        "type": "file",
        "link": None,
        "mode": "0600",
        "uid": os.getuid(),
        "gid": os.getgid(),
        "mtime": secret.stat().st_mtime,
        "checksum": checksum,
        "content": base64.b64encode(b"canary\n").decode(),
    }
    # Only what is asked for is read out.
    assert (files[str(link)]["type"], files[str(link)]["link"]) == ("file", "../secret")
    assert files[str(link)]["checksum"] == checksum
    assert "content" not in files[str(link)]
    assert files[str(folder / "lost")] == {"type": "missing", "link": "nowhere"}
    assert files[str(folder)]["type"] == "directory"
    assert commands["words"] == {
        "rc": 0,
        "stdout": "two words\none\n",
        "stdout_lines": ["two words", "one"],
        "stderr": "",
    }
    assert commands["fails"]["rc"] != 0
    assert "No such file" in commands["fails"]["stderr"]
    assert commands["missing"]["rc"] == 127
    assert commands["missing"]["stderr"] == "no-such: No such file or directory"


@pytest.mark.parametrize("argv", ["nginx -t", []])
def test_a_command_that_is_no_list(argv: object) -> None:
    result = run_module("machine_info", {"commands": {"test": argv}})
    assert result.message == f"The command test is {argv!r}: give a list of the program and its arguments."


def test_a_file_that_the_account_may_not_read() -> None:
    nobody = {
        "ansible_connection": "local",
        "ansible_python_interpreter": "/usr/bin/python3",
        "ansible_become": True,
        "ansible_become_method": "ansible.builtin.su",
        "ansible_become_user": "nobody",
        "ansible_become_flags": "--shell=/bin/sh",
    }
    with tempfile.NamedTemporaryFile() as secret:
        secret.write(b"canary")
        secret.flush()
        result = run_module("machine_info", {"contents": [secret.name]}, machine=nobody)
    assert result.failed
    assert secret.name in result.message
    assert "canary" not in result.output
