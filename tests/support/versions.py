"""What the roles install unless the inventory says otherwise, so that tests need no change for a newer version."""

from __future__ import annotations

from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]


def default_of(role: str) -> str:
    """The version in a role's defaults."""
    return str(yaml.safe_load((ROOT / "roles" / role / "defaults" / "main.yml").read_text())[f"{role}_version"])


OPEN_WEBUI_VERSION = default_of("open_webui")


def after(version: str, steps: int) -> str:
    """A version that does not exist yet, `steps` patches after this one."""
    *line, patch = version.split(".")
    return ".".join([*line, str(int(patch) + steps)])
