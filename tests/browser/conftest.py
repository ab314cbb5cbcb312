"""A browser in front of a machine that playbooks/site.yml has made."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import testinfra
from browser import Complaints, chromium
from chat_page import Account, ChatPage, Talker
from make_models import TEMPLATE, write_speaker
from playwright.sync_api import Browser, Page, StorageState, expect
from scenario import PREFIX, ROOT, ask, machine, run_playbook

VISITED = "stack-debian13"
SITE = "chat.example.com"
URL = f"https://{SITE}"
# As people have it who want more than the default: under a name, and over TLS.
DOOR = {"nginx_proxy_server_names": [SITE], "nginx_proxy_tls": "local_ca"}
# A few times what a busy machine takes for an answer.
PATIENCE = 60_000
PICTURES = ROOT / "tests" / "output" / "browser"
# Takes a while to say: a model speaks each of its words once.
LONG_SENTENCE = " ".join(["A", "llama", "counts:", *(f"{number}," for number in range(1, 150)), "150."])


@pytest.fixture(scope="session")
def host() -> Any:
    """The machine, from its administrator's side."""
    found = subprocess.run(["docker", "container", "inspect", f"{PREFIX}-{VISITED}"], capture_output=True, check=False)
    assert found.returncode == 0, f"There is no machine {VISITED} to visit: run 'make browser'."
    run = run_playbook("playbooks/site.yml", VISITED, "--extra-vars", json.dumps(DOOR))
    assert run.rc == 0, run.output
    return testinfra.get_host(machine(VISITED))


@pytest.fixture(scope="session")
def admin(host: Any) -> Account:
    """The declared one, whose password the role has made up."""
    return Account("admin@localhost", host.check_output("cat /etc/selfhosted_llm/open_webui_admin_password"))


@pytest.fixture(scope="session")
def browser(host: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A browser on the machine's network, without anything remembered, on a device that trusts the door's authority."""
    expect.set_options(timeout=PATIENCE)
    services = json.loads((ROOT / ".testbed" / "services.json").read_text())
    address = host.check_output("ip -4 -brief address show eth0").split()[2].split("/")[0]
    authority = tmp_path_factory.mktemp("authority") / "local_ca.crt"
    authority.write_text(host.file("/etc/nginx/selfhosted_llm/local_ca.crt").content_string)
    with chromium(services, SITE, address, authority) as started:
        yield started


def new_page(browser: Browser, session: StorageState | None = None) -> Page:
    """A window as large as a small notebook's, with a memory of its own."""
    context = browser.new_context(viewport={"width": 1280, "height": 800}, locale="en-US", storage_state=session)
    context.set_default_timeout(PATIENCE)
    return context.new_page()


@pytest.fixture(scope="session")
def session(browser: Browser, admin: Account) -> StorageState:
    """What a browser remembers of the admin's sign-in."""
    page = new_page(browser)
    chat = ChatPage(page, URL, PICTURES)
    chat.open()
    chat.sign_in(*admin)
    state = page.context.storage_state()
    page.context.close()
    return state


@pytest.fixture
def stranger(browser: Browser, request: pytest.FixtureRequest) -> Iterator[ChatPage]:
    """The page for somebody who was never here, and who has nothing to complain of."""
    yield from without_complaints(new_page(browser), request.node.name)


@pytest.fixture
def chat(browser: Browser, session: StorageState, request: pytest.FixtureRequest) -> Iterator[ChatPage]:
    """The page for the admin, ready for a question, with nothing to complain of."""
    for opened in without_complaints(new_page(browser, session), request.node.name):
        opened.open()
        expect(opened.question).to_be_editable()
        yield opened


def without_complaints(page: Page, test: str) -> Iterator[ChatPage]:
    """The page for a test, whose last picture tells why it failed."""
    complaints = Complaints(page)
    chat = ChatPage(page, URL, PICTURES)
    yield chat
    chat.keep(f"end/{test}")
    page.context.close()
    assert complaints.seen == []


@pytest.fixture
def talker(host: Any, tmp_path: Path) -> Iterator[Talker]:
    """A model whose answers take a while."""
    write_speaker(tmp_path / "model.gguf", "talker", LONG_SENTENCE)
    (tmp_path / "Modelfile").write_text("FROM ./model.gguf\n" + TEMPLATE)
    subprocess.run(["docker", "cp", str(tmp_path), f"{PREFIX}-{VISITED}:/root/talker"], check=True, capture_output=True)
    host.check_output("docker cp /root/talker ollama:/root/talker")
    host.check_output("docker exec ollama ollama create talker -f /root/talker/Modelfile")
    host.check_output("docker exec ollama rm -r /root/talker && rm -r /root/talker")
    yield Talker("talker:latest", LONG_SENTENCE)
    host.check_output("docker exec ollama ollama rm talker")


@pytest.fixture(scope="session")
def status_page(host: Any, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The page of status.yml, of the machine when a model is in memory."""
    body = json.dumps({"model": "llama3", "keep_alive": "10m", "stream": False})
    assert ask(host, "127.0.0.1", "/api/generate", port=11434, method="POST", body=body).status == 200
    file = tmp_path_factory.mktemp("status") / "status.html"
    run = run_playbook("playbooks/status.yml", VISITED, "--extra-vars", json.dumps(DOOR | {"status_page": str(file)}))
    assert run.rc == 0, run.output
    return str(file.read_text())
