"""Whether everything that says the version of a release says the same.

Usage: release.py TAG, such as v1.2.0. Fails with a sentence for each that does not.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml
from ansible.utils.version import SemanticVersion

ROOT = Path(__file__).parents[2]


def problems(
    tag: str, galaxy: Mapping[str, Any], released: Iterable[str], left: Iterable[str], changelog: str
) -> list[str]:
    """What is wrong with a release `tag`, in a sentence each.

    `galaxy` is what galaxy.yml says, `released` the versions of changelogs/changelog.yaml, `left` the fragments that no
    release has taken, and `changelog` the text of CHANGELOG.md.
    """
    version = galaxy["version"]
    newest = max(released, key=SemanticVersion, default="none")
    told = re.search(rf"(?m)^## v{re.escape(version)}$", changelog.replace("\\", ""))
    left = sorted(left)
    rules = (
        (tag == f"v{version}", f"The tag is {tag}, and galaxy.yml says {version}."),
        (newest == version, f"The newest release of changelogs/changelog.yaml is {newest}, not {version}."),
        (told, f"CHANGELOG.md does not tell of {version}."),
        (galaxy.get("repository"), "galaxy.yml has no repository, without which Galaxy takes nothing."),
        (not left, f"These fragments are in no release: {', '.join(left)}."),
    )
    return [sentence for kept, sentence in rules if not kept]


def read(path: str) -> Any:
    return yaml.safe_load((ROOT / path).read_text())


def main(tag: str) -> None:
    changelog = ROOT / "CHANGELOG.md"
    found = problems(
        tag,
        read("galaxy.yml"),
        read("changelogs/changelog.yaml")["releases"],
        (path.name for path in (ROOT / "changelogs" / "fragments").glob("*.yml")),
        changelog.read_text() if changelog.exists() else "",
    )
    if found:
        sys.exit("\n".join(["release: run antsibull-changelog release before the tag is set", *found]))


if __name__ == "__main__":
    main(sys.argv[1])
