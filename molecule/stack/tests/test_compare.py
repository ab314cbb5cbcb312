"""playbooks/compare.yml puts the same questions to several models, and their answers on one page."""

from __future__ import annotations

import html
import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import testinfra
from make_models import TEMPLATE, write_speaker
from scenario import PREFIX, Run, ask, machine, run_playbook

STACK = "stack-debian12"
HOST = testinfra.get_host(machine(STACK))
MARKUP = "<script>document.title='mine'</script> stays text & harmless."
ARTICLE = re.compile(
    r"<article>\n<h3>(?P<name>.*?)</h3>\n<(?:div|p) class=\"(?:answer|wrong)\">(?P<answer>.*?)</", re.S
)
# What a page without network may not have: anything that is fetched.
FETCHED = re.compile(r"\b(?:src|href)=|@import|url\((?!#)")

testinfra_hosts = [machine(STACK)]


def compare(page: Path, *arguments: str, **variables: Any) -> Run:
    variables = {"compare_page": str(page), **variables}
    return run_playbook("playbooks/compare.yml", STACK, "--extra-vars", json.dumps(variables), *arguments)


def answers(page: Path) -> list[tuple[str, str]]:
    """Names and answers, in the order of the page."""
    return [
        (html.unescape(found["name"]), html.unescape(found["answer"])) for found in ARTICLE.finditer(page.read_text())
    ]


@pytest.fixture
def writer_of_markup(tmp_path: Path) -> Iterator[str]:
    """A model that answers with markup."""
    write_speaker(tmp_path / "model.gguf", "markup", MARKUP)
    (tmp_path / "Modelfile").write_text("FROM ./model.gguf\n" + TEMPLATE)
    subprocess.run(["docker", "cp", str(tmp_path), f"{PREFIX}-{STACK}:/root/markup"], check=True, capture_output=True)
    HOST.check_output("docker cp /root/markup ollama:/root/markup")
    HOST.check_output("docker exec ollama ollama create markup -f /root/markup/Modelfile")
    HOST.check_output("docker exec ollama rm -r /root/markup && rm -r /root/markup")
    yield "markup:latest"
    HOST.check_output("docker exec ollama ollama rm markup")


def test_in_check_mode_it_says_who_would_be_asked(tmp_path: Path) -> None:
    """All that chat, so not the one that turns documents into numbers."""
    run = compare(tmp_path / "page.html", "--check")
    assert (run.rc, run.changed) == (0, []), run.output
    assert "Would ask dolphin-llama3:8b-256k, llama3:latest, mistral:latest:" in run.output
    assert not (tmp_path / "page.html").exists()


def test_answers_stand_side_by_side_and_one_that_fails_keeps_no_other_away(
    tmp_path: Path, writer_of_markup: str
) -> None:
    page = tmp_path / "page.html"
    models = ["llama3", "no-such-model", writer_of_markup]
    run = compare(page, compare_models=models, compare_questions=["Who are <b>you</b>?", "And you?"])
    assert f"Not every model on {STACK} answered, and {page} has what the others said" in run.failure
    assert "Model 'no-such-model:latest' did not answer" in run.failure
    found = answers(page)
    assert [name for name, _answer in found] == models * 2
    llama, missing, markup = [answer for _name, answer in found[:3]]
    assert llama.startswith("I am a llama made of paper")
    assert "not found" in missing
    assert markup == MARKUP
    text = page.read_text()
    assert "<script" not in text
    assert "Who are &lt;b&gt;you&lt;/b&gt;?" in text
    assert text.count("<svg ") == 3
    assert FETCHED.findall(text) == []
    # The table of the console.
    assert re.search(r"llama3 +[\d.]+ s +[\d.]+ s +[\d.]+", run.output)
    assert re.search(r"no-such-model +no answer", run.output)


def test_the_same_seed_brings_the_same_answers(tmp_path: Path) -> None:
    """At a temperature at which a model says anything."""
    hot = {"temperature": 100, "top_k": 0, "top_p": 1, "min_p": 0, "num_predict": 20}
    said = []
    for number, seed in enumerate([7, 7, 8]):
        page = tmp_path / f"{number}.html"
        run = compare(
            page, compare_models=["llama3"], compare_questions=["Hm?"], compare_seed=seed, compare_parameters=hot
        )
        assert run.rc == 0, run.output
        said.append(answers(page))
    assert said[0] == said[1]
    assert said[0] != said[2]


def test_a_model_that_is_to_stay_in_memory_stays(tmp_path: Path) -> None:
    ask(HOST, "127.0.0.1", "/api/generate", port=11434, method="POST", body={"model": "mistral", "keep_alive": -1})
    try:
        run = compare(tmp_path / "page.html", compare_models=["mistral"], compare_questions=["Hm?"])
        assert run.rc == 0, run.output
        [running] = ask(HOST, "127.0.0.1", "/api/ps", port=11434).json()["models"]
        assert running["expires_at"] > "2200"
    finally:
        ask(HOST, "127.0.0.1", "/api/generate", port=11434, method="POST", body={"model": "mistral", "keep_alive": 0})
