"""What playbooks/status.yml writes stays a page and metrics, whatever names and messages have in them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

ROOT = Path(__file__).parents[2]
HOSTILE = '<b onclick="x">\'&amp;\\n \\" "\n</style></svg>'
MODEL = {"name": HOSTILE, "digest": HOSTILE, "size": 1, "registry_digest": HOSTILE}
PART = {"state": HOSTILE, "problems": [HOSTILE], "drift": [HOSTILE], "version": HOSTILE, "url": HOSTILE}
MACHINE: dict[str, Any] = {
    "inventory_hostname": HOSTILE,
    "status_of_machine": {
        "state": "",
        "problems": [HOSTILE],
        "drift": [HOSTILE],
        "certificate_days": 3,
        "last_backup": "20261124T174500Z",
    },
    "nginx_proxy_status": PART,
    "keepalived_status": {**PART, "virtual_address": HOSTILE, "has_address": True},
    "open_webui_status": {
        **PART,
        "declared_version": HOSTILE,
        "ollama": [HOSTILE, "http://elsewhere:11434"],
        "silent_ollama": [HOSTILE],
        "volume": HOSTILE,
        "volume_size": 2,
    },
    "ollama_server_status": {
        **PART,
        "declared_version": HOSTILE,
        "models": [MODEL],
        "running": [{"name": HOSTILE, "size": 10, "size_vram": 4}],
        "missing_models": [HOSTILE],
        "volume": HOSTILE,
        "volume_size": 3,
        "disk_size": 4,
        "disk_free": 1,
    },
}


class Page(HTMLParser):
    """The elements of a page, and all of its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: set[str] = set()
        self.attributes: set[str] = set()
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        self.attributes |= {name for name, _value in attrs}

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what the templates make of a machine that has nothing but such words."""
    folder = tmp_path_factory.mktemp("status")
    templates = ROOT / "playbooks" / "templates"
    play = {
        "hosts": "localhost",
        "gather_facts": False,
        "vars": {"status_machines": [MACHINE], "status_problems": [HOSTILE], **MACHINE},
        "tasks": [
            {"ansible.builtin.template": {"src": str(templates / f"status.{kind}.j2"), "dest": f"{folder}/{kind}"}}
            for kind in ("html", "prom", "txt")
        ],
    }
    (folder / "play.yml").write_text(json.dumps([play]))
    subprocess.run(
        [str(Path(sys.executable).parent / "ansible-playbook"), str(folder / "play.yml")],
        env=os.environ | {"ANSIBLE_CONFIG": str(ROOT / "ansible.cfg")},
        check=True,
        capture_output=True,
    )
    return folder


def test_the_page_shows_words_as_words(written: Path) -> None:
    page = Page((written / "html").read_text())
    assert "b" not in page.elements
    assert "onclick" not in page.attributes
    assert page.text.count(HOSTILE) > 10


def test_the_page_needs_nothing_from_elsewhere(written: Path) -> None:
    page = Page((written / "html").read_text())
    assert {"link", "script", "img", "iframe", "image", "use"} & page.elements == set()
    assert {"src", "href"} & page.attributes == set()
    assert "url(" not in (written / "html").read_text()


def test_the_metrics_have_them_as_labels(written: Path) -> None:
    families = {family.name: family for family in text_string_to_metric_families((written / "prom").read_text())}
    samples = {name: family.samples for name, family in families.items()}
    assert all(family.documentation and family.type == "gauge" for family in families.values())
    [size] = samples["selfhosted_llm_model_size_bytes"]
    assert (size.labels, size.value) == ({"model": HOSTILE, "digest": HOSTILE}, 1)
    memory = {sample.labels["place"]: sample.value for sample in samples["selfhosted_llm_model_memory_bytes"]}
    assert memory == {"cpu": 6, "gpu": 4}
    [backup] = samples["selfhosted_llm_last_backup_timestamp_seconds"]
    assert backup.value == 1795542300
