"""What the guides quote is said, and what they name is there: messages, commands, files and variables."""

from __future__ import annotations

import importlib
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

ROOT = Path(__file__).parents[2]
GUIDES = sorted((ROOT / "docs" / "docsite" / "rst").glob("*.rst"))
ROLES = sorted(path.name for path in (ROOT / "roles").iterdir())
MODULES = {path.stem for path in (ROOT / "plugins" / "modules").glob("*.py")}
PLAYBOOKS = {path.stem for path in (ROOT / "playbooks").glob("*.yml")}
# Those that roles and playbooks set for others, and a file of Ansible's own.
ACTION_GROUPS = {"ollama", "open_webui"}
TROUBLE = ROOT / "docs" / "docsite" / "rst" / "guide_troubleshooting.rst"
# What a run makes, and no checkout has.
MADE = {"backups/FILE", "inventories/several_machines/secrets"}


def plain(text: str) -> str:
    return " ".join(text.split())


def said() -> list[str]:
    """All that roles, playbooks and plugins may say, a text for each file. Strings that Python joins are one."""
    return [
        plain(re.sub(r'"\s+f?"', "", path.read_text()) if path.suffix == ".py" else path.read_text())
        for folder in ("roles", "playbooks", "plugins")
        for path in sorted((ROOT / folder).rglob("*"))
        if path.suffix in (".j2", ".py", ".yml")
    ]


SAID = said()
# A message is a line of its own, with … for what differs each time.
MESSAGES = re.findall(r"^``(.+)``$", TROUBLE.read_text(), re.MULTILINE)


def blocks(text: str, *languages: str) -> str:
    """The blocks of code of these languages, of all of them if none is named."""
    found = re.findall(r"^( *)\.\. code-block:: (\S+)\n\n((?:\1   .*\n|\n)+)", text, re.MULTILINE)
    return "\n".join(code for _indent, language, code in found if not languages or language in languages)


def literals(text: str) -> list[str]:
    return [plain(literal) for literal in re.findall(r"``([^`]+)``", text)]


def typed(text: str) -> str:
    """What a reader may type into a shell."""
    return "\n".join([blocks(text, "sh", "text"), *literals(text)])


def written(text: str) -> str:
    """What a reader may type anywhere."""
    return "\n".join([blocks(text), *literals(text)])


class Loader(yaml.SafeLoader):
    """Reads what Ansible reads."""


def unsafe(loader: Loader, node: yaml.ScalarNode) -> str:
    return str(loader.construct_scalar(node))


Loader.add_constructor("!unsafe", unsafe)


def variables() -> dict[str, Any]:
    specs = [yaml.safe_load((ROOT / "roles" / role / "meta" / "argument_specs.yml").read_text()) for role in ROLES]
    entries = [entry for spec in specs for entry in spec["argument_specs"].values()]
    return {name: option for entry in entries for name, option in entry["options"].items()}


VARIABLES = variables()
# What playbooks and inventories read beside these.
READ = {
    name
    for folder in ("playbooks", "inventories")
    for path in (ROOT / folder).rglob("*.yml")
    for name in re.findall(r"\b[a-z]+(?:_[a-z]+)+\b", path.read_text())
}


@pytest.fixture(params=GUIDES, ids=[path.stem for path in GUIDES])
def guide(request: pytest.FixtureRequest) -> str:
    text: str = request.param.read_text()
    return text


def test_there_are_messages() -> None:
    assert len(MESSAGES) >= 30
    assert sorted(set(MESSAGES)) == sorted(MESSAGES)


@pytest.mark.parametrize("message", MESSAGES)
def test_a_message_that_is_quoted_is_said(message: str) -> None:
    pieces = [plain(piece) for piece in message.split("…") if piece.strip()]
    assert max(map(len, pieces)) > 10
    assert [text for text in SAID if all(piece in text for piece in pieces)] != []


def test_targets_of_make_are_there(guide: str) -> None:
    there = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert sorted(set(re.findall(r"^ *make ([a-z-]+)", typed(guide), re.MULTILINE)) - there) == []


def test_playbooks_are_there(guide: str) -> None:
    called = set(re.findall(r"ansible-playbook ([a-z_]+)\.yml", typed(guide)))
    called |= {literal.removesuffix(".yml") for literal in literals(guide) if re.fullmatch(r"[a-z_]+\.yml", literal)}
    assert [name for name in sorted(called - {"requirements"}) if not (ROOT / f"{name}.yml").exists()] == []
    assert sorted(called - {"requirements"} - PLAYBOOKS) == []


def test_what_is_called_by_its_full_name_is_there(guide: str) -> None:
    text = re.sub(r"ansible_collections\.selfhosted\.llm\.[a-z_.]+", "", guide)
    named = set(re.findall(r"selfhosted\.llm\.([a-z_]+)", text))
    assert sorted(named - MODULES - set(ROLES) - PLAYBOOKS - ACTION_GROUPS) == []


def test_files_of_the_repository_are_there(guide: str) -> None:
    folders = "|".join(sorted(path.name for path in ROOT.iterdir() if path.is_dir() and path.name[0] != "."))
    named = set(re.findall(rf"(?<![\w/.<-])(?:{folders})/[\w./*-]*\w", typed(guide)))
    named |= {literal for literal in literals(guide) if re.fullmatch(r"[A-Z]+\.md", literal)}
    assert [name for name in sorted(named - MADE) if not list(ROOT.glob(name))] == []


def test_variables_are_there(guide: str) -> None:
    named = set(re.findall(rf"(?<![/\w])(?:{'|'.join(ROLES)})_[a-z0-9_]+\b", written(guide)))
    assert sorted(named - VARIABLES.keys() - MODULES - set(ROLES)) == []


def given(text: str) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """What the blocks of YAML give to roles and modules, each behind what it may be."""
    for _indent, code in re.findall(r"^( *)\.\. code-block:: yaml\S*\n\n((?:\1   .*\n|\n)+)", text, re.MULTILINE):
        document = yaml.load(textwrap.dedent(code), Loader)
        plays = document if isinstance(document, list) else [{"vars": document}]
        for entry in [*plays, *(role for play in plays for role in play.get("roles", []))]:
            values = {name: value for name, value in entry.get("vars", {}).items() if name in VARIABLES}
            yield {name: VARIABLES[name] for name in values}, values
        for task in (task for play in plays for task in play.get("tasks", [])):
            for name in MODULES & {name.removeprefix("selfhosted.llm.") for name in task}:
                module = importlib.import_module(f"ansible_collections.selfhosted.llm.plugins.modules.{name}")
                yield module.ARGUMENTS, task[f"selfhosted.llm.{name}"]


def test_roles_and_modules_take_what_they_are_given(guide: str) -> None:
    checked = [ArgumentSpecValidator(specs).validate(values) for specs, values in given(guide)]
    assert [message for result in checked for message in result.error_messages] == []


def test_variables_of_playbooks_are_read(guide: str) -> None:
    named = set(re.findall(r"(?<![/\w])(?:bundle|compare|door|move|remove|status)_[a-z_]+\b", written(guide)))
    named |= {name for name in literals(guide) if name in ("internal_address", "gateway_keys", "secrets_folder")}
    assert sorted(named - READ - PLAYBOOKS) == []


def test_metrics_are_written(guide: str) -> None:
    template = (ROOT / "playbooks" / "templates" / "status.prom.j2").read_text()
    named = set(re.findall(r"(?<![/\w])selfhosted_llm_[a-z_]+", written(guide)))
    assert [name for name in sorted(named) if f"# TYPE {name} " not in template] == []


@pytest.mark.parametrize("guide", GUIDES, ids=lambda path: path.stem)
def test_what_underlines_a_heading_is_a_line_of_its_own(guide: Path) -> None:
    """Else Sphinx takes both for a sentence, without a word."""
    assert re.findall(r"^[^ \n|+].* [=~-]{3,}$", guide.read_text(), re.MULTILINE) == []
