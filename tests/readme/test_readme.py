"""README.md as a newcomer follows it: each of its commands in its order, on a bare Debian, with an account and sudo.

What needs a Mac or Galaxy says so in its first line, and is left out.
"""

from __future__ import annotations

import re
import secrets
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pexpect
import pytest
import requests
from scenario import PREFIX

ROOT = Path(__file__).parents[2]
MACHINE = f"{PREFIX}-readme-debian13"
BLOCKS = re.findall(r"^```sh\n(.*?)^```$", (ROOT / "README.md").read_text(), flags=re.MULTILINE | re.DOTALL)
LEFT_OUT = re.compile(r"# (?:.*\. )?No test runs this: it needs (a Mac|Ansible's Galaxy)")
RUN = [block for block in BLOCKS if not LEFT_OUT.match(block)]
# Makes its machine where the test-bed is, from which it takes the images.
DEMO = "make demo"
REPOSITORY = "/srv/selfhosted.llm"
# What is different here: the newest version that can be had, and an authority that the test hosts trust.
OF_THE_TEST_BED = """
ollama_server_version: "0.24.0"
ollama_server_ca_bundle: /etc/ssl/certs/ca-certificates.crt
"""
ASKED_FOR_A_PASSWORD = r"(\[sudo\][^\r\n]*: ?|BECOME password: ?)$"


@dataclass
class Newcomer:
    """Somebody with an account on the bare machine."""

    password: str

    def types(self, block: str) -> str:
        """Type the lines of a block, and the password where it is asked for; what they see, once all has ended well."""
        block = block.replace("<address of this repository>", REPOSITORY)
        if DEMO in block:
            shell = ["bash", "-c", f"set -e; {block}"]
        else:
            terminal = ["docker", "exec", "--interactive", "--tty", "--user=ada", "--env=LANG=C.UTF-8", MACHINE]
            shell = [*terminal, "bash", "-lc", f"cd ~/selfhosted.llm 2>&- || cd; set -e; {block}"]
        program = pexpect.spawn(shell[0], shell[1:], cwd=ROOT, timeout=1800, encoding="utf-8", codec_errors="replace")
        program.setwinsize(50, 200)
        seen = ""
        while program.expect([ASKED_FOR_A_PASSWORD, pexpect.EOF]) == 0:
            seen += program.before + program.after
            program.sendline(self.password)
        seen = re.sub(r"\x1b\[[0-9;]*m", "", seen + program.before)
        program.close()
        print(seen)
        assert program.exitstatus == 0, block
        return seen


def on_the_machine(script: str, given: bytes | None = None) -> str:
    command = ["docker", "exec", "--interactive", MACHINE, "bash", "-euc", script]
    done = subprocess.run(command, input=given, check=False, capture_output=True)
    assert done.returncode == 0, done.stdout.decode()[-4000:] + done.stderr.decode()
    return done.stdout.decode()


def packed(folder: Path) -> bytes:
    """A repository with this working tree and what is different here, as a tar archive."""
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=ROOT, check=True, capture_output=True).stdout.split(b"\0")
    there = b"\0".join(name for name in names if (ROOT / name.decode()).is_file())
    pack = ["tar", "--create", "--null", "--files-from=-"]
    files = subprocess.run(pack, cwd=ROOT, input=there, check=True, capture_output=True).stdout
    subprocess.run(["tar", "--extract"], cwd=folder, input=files, check=True)
    host_vars = folder / "inventories" / "home" / "host_vars"
    host_vars.mkdir()
    (host_vars / "this_machine.yml").write_text(OF_THE_TEST_BED)
    author = ["-c", "user.name=test", "-c", "user.email=test@example.com"]
    for arguments in (["init"], ["add", "--all"], [*author, "commit", "--message=All"]):
        subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True)
    return subprocess.run(["tar", "--create", "."], cwd=folder, check=True, capture_output=True).stdout


@pytest.fixture(scope="module")
def newcomer(tmp_path_factory: pytest.TempPathFactory) -> Newcomer:
    password = f"canary-{secrets.token_hex(8)}"
    on_the_machine("useradd --create-home --shell /bin/bash --groups sudo ada")
    on_the_machine("chpasswd", f"ada:{password}".encode())
    # Where a proxy signs anew, pip has to trust it, as it does here.
    authorities = Path("/etc/ssl/certs/ca-certificates.crt").read_bytes()
    on_the_machine("cat >/etc/ssl/authorities.pem", authorities)
    on_the_machine("cat >/etc/pip.conf", b"[global]\ncert = /etc/ssl/authorities.pem\n")
    unpack = f"mkdir {REPOSITORY}; tar --extract --directory={REPOSITORY}; chown --recursive ada: {REPOSITORY}"
    on_the_machine(unpack, packed(tmp_path_factory.mktemp("repository")))
    return Newcomer(password)


def changed(seen: str) -> list[int]:
    """How many tasks changed the machine, by the recap of each run."""
    return [int(number) for number in re.findall(r"^this_machine .*changed=(\d+) .*failed=0", seen, flags=re.MULTILINE)]


def installed(seen: str) -> None:
    assert changed(seen)[0] > 0


def let_in(seen: str) -> None:
    """The password that they see is the admin's, and llama3 answers them through the door."""
    address = on_the_machine("ip -4 -brief address show eth0").split()[2].partition("/")[0]
    account = {"email": "admin@localhost", "password": seen.split()[-1]}
    signed_in = requests.post(f"http://{address}/api/v1/auths/signin", json=account, timeout=60)
    question = {"model": "llama3:latest", "messages": [{"role": "user", "content": "Who are you?"}]}
    headers = {"Authorization": f"Bearer {signed_in.json()['token']}"}
    answer = requests.post(f"http://{address}/api/chat/completions", json=question, headers=headers, timeout=300)
    assert answer.json()["choices"][0]["message"]["content"]


def nothing_to_do(seen: str) -> None:
    """Neither in check mode nor for real."""
    assert changed(seen) == [0, 0]


def answered(seen: str) -> None:
    assert "It said: " in seen


def gone(_seen: str) -> None:
    """The containers are, and the data are not."""
    assert on_the_machine("docker ps --all --quiet") == ""
    assert on_the_machine("docker volume ls --quiet").split() == ["ollama", "open-webui"]


# What a block has done, beside ending well, by a word that is in it.
DONE: dict[str, Callable[[str], None]] = {
    "make setup": installed,
    "admin_password": let_in,
    "--check": nothing_to_do,
    DEMO: answered,
    "remove.yml": gone,
}


@pytest.mark.parametrize("block", RUN)
def test_what_readme_says_works(newcomer: Newcomer, block: str) -> None:
    seen = newcomer.types(block)
    for word, done in DONE.items():
        if word in block:
            done(seen)
    assert newcomer.password not in seen


@pytest.mark.usefixtures("newcomer")
def test_the_newest_ansible_finds_nothing_else_to_do() -> None:
    """Who has an Ansible has often the newest, which needs a newer Python than the other tests have."""
    run = "bash tests/core.sh 2.21 inventories/home this_machine 2>&1"
    # The clone is another account's.
    on_the_machine("git config --global --add safe.directory /home/ada/selfhosted.llm")
    # Programs in /tmp do not run on the test hosts.
    seen = on_the_machine(f"cd /home/ada/selfhosted.llm; TMPDIR=/var/tmp LANG=C.UTF-8 {run}")
    assert "ansible [core 2.21" in seen


def test_all_that_is_left_out_says_why() -> None:
    reasons = [found[1] for block in BLOCKS if (found := LEFT_OUT.match(block))]
    assert reasons == ["a Mac", "Ansible's Galaxy"]
    assert all(any(word in block for block in RUN) for word in DONE)
