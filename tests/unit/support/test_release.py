"""A release goes out when all that names its version agrees."""

from __future__ import annotations

from typing import Any

import pytest
from release import problems

GOOD: dict[str, Any] = {
    "tag": "v1.10.0",
    "galaxy": {"version": "1.10.0", "repository": "https://git.example.com/selfhosted.llm"},
    "released": ["1.9.0", "1.10.0", "1.10.0-rc.1"],
    "left": [],
    "changelog": "# Notes\n\n## v1\\.10\\.0\n\n### Bug fixes\n",
}


def test_a_release_that_agrees_with_itself() -> None:
    assert problems(**GOOD) == []


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"tag": "v1.9.0"}, "The tag is v1.9.0, and galaxy.yml says 1.10.0."),
        ({"tag": "1.10.0"}, "The tag is 1.10.0, and galaxy.yml says 1.10.0."),
        ({"released": ["1.9.0"]}, "The newest release of changelogs/changelog.yaml is 1.9.0, not 1.10.0."),
        ({"released": []}, "The newest release of changelogs/changelog.yaml is none, not 1.10.0."),
        ({"left": ["door.yml"]}, "These fragments are in no release: door.yml."),
        ({"galaxy": {"version": "1.10.0"}}, "galaxy.yml has no repository, without which Galaxy takes nothing."),
        ({"changelog": "## v1\\.9\\.0\n"}, "CHANGELOG.md does not tell of 1.10.0."),
    ],
)
def test_what_does_not_agree_is_named(wrong: dict[str, Any], sentence: str) -> None:
    assert problems(**{**GOOD, **wrong}) == [sentence]
