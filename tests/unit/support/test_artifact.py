"""Only what is for those who install the collection is in its artifact, and all of that."""

from __future__ import annotations

import pytest
from artifact import NEEDED, listed_otherwise, problems

GOOD = {*NEEDED, "roles/backup/README.md", "roles/backup/meta/argument_specs.yml", "docs/docsite/rst/guide.rst"}


def test_an_artifact_as_it_should_be() -> None:
    assert problems(GOOD) == []


@pytest.mark.parametrize(
    "name",
    [
        "site.yml",
        "Makefile",
        "tests/unit/test_consistency.py",
        "molecule/stack/molecule.yml",
        ".github/workflows/ci.yml",
        "inventories/home/.local_ca/ca.key",
        "inventories/several_machines/secrets/open_webui_secret_key",
        "plugins/modules/__pycache__/ollama_model.cpython-311.pyc",
        "changelogs/fragments/door.yml",
        "roles/backup/files/leftover.orig",
        "selfhosted-llm-0.1.0.tar.gz",
    ],
)
def test_what_does_not_belong_there_is_named(name: str) -> None:
    assert any(sentence.startswith(f"{name} is ") for sentence in problems({*GOOD, name}))


@pytest.mark.parametrize("name", sorted(NEEDED))
def test_what_is_missing_is_named(name: str) -> None:
    assert problems(GOOD - {name}) == [f"{name} is missing"]


def test_modules_and_roles_are_those_that_are_listed() -> None:
    modules, roles = ["selfhosted.llm.ollama_model"], ["selfhosted.llm.backup"]
    assert listed_otherwise(GOOD, modules, roles) == []
    assert listed_otherwise(GOOD, [], roles) == [
        "ansible-doc and the artifact differ about selfhosted.llm.ollama_model"
    ]
    assert len(listed_otherwise(GOOD, modules, [*roles, "selfhosted.llm.gone"])) == 1
