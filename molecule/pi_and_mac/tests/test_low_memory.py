"""Open WebUI on a machine with 1 GB: without torch, under a limit, and documents are found all the same."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from scenario import ROOT, Answer, ask, machine, run_playbook, sign_in

INVENTORIES = (ROOT / "inventories" / "pi_and_mac", ROOT / "molecule" / "pi_and_mac" / "inventory")
CONTAINER = "open-webui"
BOUNDARY = "a-boundary"
DOCUMENT = "Descale the coffee machine every eight weeks, when its blue lamp blinks."
DROP_IN = "/run/systemd/system/docker.service.d"
# Starts Docker among mounts of its own, where the control groups are all but that of memory.
WITHOUT_MEMORY = """
set -e
if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
  sed 's/ memory//' /sys/fs/cgroup/cgroup.controllers > /run/controllers
  mount --bind /run/controllers /sys/fs/cgroup/cgroup.controllers
else
  umount --lazy /sys
  while umount --lazy /sys/fs/cgroup; do :; done
  mount -t sysfs none /sys
  mount -t tmpfs none /sys/fs/cgroup
  for controller in devices freezer cpu cpuacct cpuset pids; do
    mkdir /sys/fs/cgroup/$controller
    mount -t cgroup -o $controller cgroup /sys/fs/cgroup/$controller
  done
fi
exec dockerd -H fd:// --containerd=/run/containerd/containerd.sock
"""

testinfra_hosts = [machine("pi-debian12")]


def look(profile: str) -> list[str]:
    """What the role, in check mode, warns of on the Pi."""
    run = run_playbook(
        "molecule/stack/one_role.yml",
        "raspberrypi.local",
        "--check",
        "--extra-vars",
        json.dumps({"role": "open_webui", "open_webui_profile": profile}),
        inventories=INVENTORIES,
    )
    said = [outcome.result.get("msg") for outcome in run.outcomes]
    return [message for message in said if isinstance(message, str) and message.startswith("WARNING: ")]


@pytest.fixture
def admin(host: Any) -> dict[str, str]:
    """The headers of the admin."""
    return {"Authorization": f"Bearer {sign_in(host)}"}


def request(host: Any, admin: dict[str, str], path: str, **arguments: Any) -> Answer:
    headers = admin | arguments.pop("headers", {})
    answer = ask(host, "127.0.0.1", path, port=8080, headers=headers, **arguments)
    assert answer.status == 200, answer.text
    return answer


def test_the_container_may_take_no_more_than_its_limit(host: Any) -> None:
    inspected = json.loads(host.check_output(f"docker inspect {CONTAINER}"))[0]
    assert inspected["HostConfig"]["Memory"] == 640 * 1024 * 1024


def test_the_server_finds_no_torch(host: Any) -> None:
    # In the folder where it starts, and as it does.
    run = host.run(f"docker exec {CONTAINER} python3 -m torch")
    assert "torch is left out by open_webui_profile: low_memory" in run.stderr


def test_ollama_embeds_and_the_browser_listens(host: Any, admin: dict[str, str]) -> None:
    stored = request(host, admin, "/api/v1/configs/export").json()
    assert stored["rag.embedding_engine"] == "ollama"
    assert stored["rag.ollama.base_url"] == stored["ollama.base_urls"][0]
    assert stored["audio.stt.engine"] == "web"


@pytest.fixture
def knowledge(host: Any, admin: dict[str, str]) -> Iterator[str]:
    """A knowledge base with one document, as somebody makes it by hand."""
    body = {"name": "House", "description": ""}
    made = str(request(host, admin, "/api/v1/knowledge/create", method="POST", body=body).json()["id"])
    metadata = json.dumps({"knowledge_id": made})
    lines = [
        f"--{BOUNDARY}",
        'Content-Disposition: form-data; name="metadata"',
        "",
        metadata,
        f"--{BOUNDARY}",
        'Content-Disposition: form-data; name="file"; filename="coffee.md"',
        "Content-Type: text/markdown",
        "",
        DOCUMENT,
        f"--{BOUNDARY}--",
        "",
    ]
    request(
        host,
        admin,
        "/api/v1/files/?process=true&process_in_background=false",
        method="POST",
        body="\r\n".join(lines),
        headers={"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"},
    )
    yield made
    request(host, admin, f"/api/v1/knowledge/{made}/delete", method="DELETE")


def test_a_question_is_answered_from_a_document(host: Any, admin: dict[str, str], knowledge: str) -> None:
    body = {
        "model": "llama3:latest",
        "stream": False,
        "messages": [{"role": "user", "content": "When is the coffee machine descaled?"}],
        "files": [{"type": "collection", "id": knowledge}],
    }
    answer = request(host, admin, "/api/chat/completions", method="POST", body=body).json()
    assert DOCUMENT in json.dumps(answer["sources"])


@pytest.fixture
def not_there(host: Any) -> Iterator[None]:
    """The container has another name for a while, so that the role would make one."""
    host.check_output(f"docker rename {CONTAINER} another")
    yield
    host.check_output(f"docker rename another {CONTAINER}")


@pytest.mark.usefixtures("not_there")
def test_a_machine_too_small_for_the_profile_is_named_with_what_it_has() -> None:
    [warning] = look("standard")
    assert "raspberrypi.local has 1024 MB of memory" in warning
    assert "Set it to low_memory" in warning


@pytest.fixture
def without_memory_cgroup(host: Any) -> Iterator[None]:
    """The machine's Docker as on a kernel that has no control group for memory."""
    host.check_output("mkdir --parents %s", DROP_IN)
    host.check_output("printf %%s %s > /run/without_memory.sh", WITHOUT_MEMORY)
    start = "[Service]\nExecStart=\nExecStart=unshare --mount sh /run/without_memory.sh\n"
    host.check_output("printf %%s %s > %s/without_memory.conf", start, DROP_IN)
    restart_docker(host)
    assert limits_memory(host) == "false"
    yield
    host.check_output("rm %s/without_memory.conf", DROP_IN)
    restart_docker(host)
    assert limits_memory(host) == "true"
    ready = f"docker exec {CONTAINER} curl --fail --silent http://127.0.0.1:8080/ready"
    host.check_output(f"timeout 300 sh -c 'until {ready}; do sleep 1; done'")


def restart_docker(host: Any) -> None:
    host.check_output("systemctl daemon-reload")
    host.check_output("systemctl restart docker.service")


def limits_memory(host: Any) -> str:
    return str(host.check_output("docker info --format '{{.MemoryLimit}}' 2>/dev/null"))


@pytest.mark.usefixtures("without_memory_cgroup")
def test_a_kernel_that_limits_no_memory_is_named_with_the_words_to_add() -> None:
    # Nothing else is said: 1 GB is enough.
    [warning] = look("low_memory")
    assert "The kernel of raspberrypi.local cannot limit the memory of a container" in warning
    assert "cgroup_enable=memory cgroup_memory=1" in warning
    assert "/boot/firmware/cmdline.txt" in warning
