"""Renovate finds every version that is pinned, in each place that says it.

It runs where the repository is hosted; here its settings are applied to the files as it does it.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from versions import default_of

ROOT = Path(__file__).parents[2]
SETTINGS = json.loads((ROOT / "renovate.json").read_text())
TRACKED = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()

# What of a version somebody looked at, or an example of one: a newer one makes it no other.
TOLD = {
    "ollama/ollama": {"docs/docsite/rst/guide_backup_upgrade.rst"},
    "ghcr.io/open-webui/open-webui": {
        "docs/benchmarks.md",
        "docs/docsite/rst/decisions.rst",
        "docs/docsite/rst/guide_backup_upgrade.rst",
        "docs/docsite/rst/guide_pi_and_mac.rst",
        "plugins/module_utils/_open_webui/setting_names.py",
        "plugins/modules/open_webui_info.py",
        "roles/open_webui/README.md",
        "roles/open_webui/vars/main/stored_settings.yml",
    },
}


def expression(pattern: str) -> re.Pattern[str]:
    """A regular expression of Renovate's, which names its groups in another way."""
    return re.compile(pattern.replace("(?<", "(?P<"))


def found_in(path: str, manager: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """The names and versions that a manager finds in a file."""
    for pattern in manager["matchStrings"]:
        for match in expression(pattern).finditer((ROOT / path).read_text()):
            yield manager.get("depNameTemplate") or match["depName"], match["currentValue"]


def found() -> dict[str, dict[str, set[str]]]:
    """The versions that all managers find, by dependency and file."""
    versions: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for manager in SETTINGS["customManagers"]:
        patterns = [expression(pattern.strip("/")) for pattern in manager["managerFilePatterns"]]
        for path in TRACKED:
            if any(pattern.search(path) for pattern in patterns):
                for name, version in found_in(path, manager):
                    versions[name][path].add(version)
    return versions


@pytest.mark.parametrize(
    ("name", "role"), [("ollama/ollama", "ollama_server"), ("ghcr.io/open-webui/open-webui", "open_webui")]
)
def test_a_servers_version_is_found_wherever_it_is_said(name: str, role: str) -> None:
    """Renovate then changes all of them together; one that is left behind would say what is not so."""
    version = default_of(role)
    said = {path for path in TRACKED if re.search(rf"(?<![\d.]){re.escape(version)}(?!\d)", text(path))}
    places = found()[name]
    assert {path: versions for path, versions in places.items() if versions != {version}} == {}
    changelog = {path for path in said if path.startswith("changelogs/") or path == "CHANGELOG.md"}
    assert said - set(places) - TOLD[name] - changelog == set()


def text(path: str) -> str:
    return (ROOT / path).read_text(errors="ignore")


def test_every_pattern_finds_something() -> None:
    for manager in SETTINGS["customManagers"]:
        contents = [
            text(path)
            for path in TRACKED
            if any(expression(pattern.strip("/")).search(path) for pattern in manager["managerFilePatterns"])
        ]
        assert [one for one in manager["matchStrings"] if not any(map(expression(one).search, contents))] == []
        files = [expression(pattern.strip("/")) for pattern in manager["managerFilePatterns"]]
        assert [one.pattern for one in files if not any(map(one.search, TRACKED))] == []


def test_what_the_test_bed_builds_is_found_under_the_module_that_its_recipe_names() -> None:
    recipes = "".join(text(path) for path in TRACKED if path.startswith("tests/testbed/images/"))
    places = {
        name: versions for name, files in found().items() for path, versions in files.items() if "vars.yml" in path
    }
    modules = {name for name in places if name.startswith("github.com/")}
    assert all(f"{module}/" in recipes or f"{module}@" in recipes for module in modules)
    declared = yaml.safe_load(text("tests/testbed/vars.yml"))
    pinned = {value for name, value in declared.items() if re.fullmatch(r"testbed_\w+_version", name)}
    # The newest Ollama that can be built and the oldest Open WebUI stay; Playwright's is that of requirements-dev.txt.
    held = {declared["testbed_ollama_version"], declared["testbed_open_webui_oldest_version"]}
    assert {value for value in pinned - held if re.fullmatch(r"[0-9.]+", value)} == set().union(*places.values())


# What Renovate's own managers look for, as its documentation says it.
PIP = re.compile(r"(^|/)[\w-]*requirements([-._]\w+)?\.(txt|pip)$")
GALAXY = re.compile(r"(^|/)(galaxy|requirements)(\.ansible)?\.ya?ml$")


def test_files_of_requirements_have_names_that_renovate_knows() -> None:
    pinned = [path for path in TRACKED if path.endswith(".txt") and re.search(r"(?m)^[\w.-]+[=><]=", text(path))]
    assert [path for path in pinned if not PIP.search(path)] == []
    collections = [path for path in TRACKED if path.endswith(".yml") and re.search(r"(?m)^collections:$", text(path))]
    assert [path for path in [*collections, "galaxy.yml"] if not GALAXY.search(path)] == []


def test_collections_have_nothing_behind_their_names() -> None:
    """Renovate reads lines, not YAML: a comment there is a part of the name to it."""
    lines = "\n".join(text(path) for path in TRACKED if GALAXY.search(path))
    assert re.findall(r"(?m)^ *- name: (?!\w+\.\w+$).*", lines) == []


def test_tests_are_not_left_out() -> None:
    """As the preset config:recommended does it, by a preset of its own."""
    assert ":ignoreModulesAndTests" in SETTINGS["ignorePresets"]
    assert any(path.startswith("tests/") and PIP.search(path) for path in TRACKED)


@pytest.mark.parametrize("path", [path for path in TRACKED if path.startswith(".github/workflows/")])
def test_every_action_is_pinned_with_its_version_behind(path: str) -> None:
    """A commit cannot be moved to other code; the version is for people, and for Renovate."""
    used = re.findall(r"uses: (.*)", text(path))
    assert [action for action in used if not re.fullmatch(r"[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", action)] == []
