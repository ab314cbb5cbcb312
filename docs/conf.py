"""How Sphinx makes pages of what antsibull-docs writes: see build.sh."""

from __future__ import annotations

import re
import zlib
from pathlib import Path
from typing import Any

project = "selfhosted.llm"
project_copyright = "the selfhosted.llm contributors"
html_title = "selfhosted.llm"

extensions = ["myst_parser", "sphinx.ext.intersphinx", "sphinx_antsibull_ext"]
highlight_language = "YAML+Jinja"
default_role = "any"
nitpicky = True

html_theme = "furo"
html_copy_source = False
html_show_sphinx = False
html_use_index = False
antsibull_ext_color_scheme = "default-autodark"

# What the pages name of Ansible's own documentation. The list of all that is there is on the internet, and these pages
# are made without.
ANSIBLE = "https://docs.ansible.com/projects/ansible/devel/"
PAGES = {
    "action_plugins": "plugins/action",
    "ansible_configuration_settings": "reference_appendices/config",
    "common_return_values": "reference_appendices/common_return_values",
    **{
        f"ansible_collections.{name}_module": f"collections/{name.replace('.', '/')}_module"
        for name in (
            "ansible.builtin.command",
            "ansible.builtin.copy",
            "ansible.builtin.slurp",
            "ansible.builtin.stat",
            "community.docker.docker_swarm_service",
        )
    },
}


def inventory(path: Path) -> str:
    """Write what Sphinx would have fetched, in its own format."""
    head = "# Sphinx inventory version 2\n# Project: Ansible\n# Version:\n# compressed using zlib\n"
    lines = [f"{label} std:label -1 {page}.html {label}\n" for label, page in PAGES.items()]
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(head.encode() + zlib.compress("".join(lines).encode()))
    return str(path)


intersphinx_mapping = {"ansible": (ANSIBLE, inventory(Path(__file__).parent / "build" / "ansible.inv"))}


def mend(_app: Any, name: str, source: list[str]) -> None:
    """Take out lists of contents, which the theme has beside the page, and write titles as people write them."""
    text = re.sub(r"^\.\. contents::.*\n(   :.*\n)*", "", source[0], flags=re.MULTILINE)
    if name == "changelog" and "====" not in text:
        # Before the first release it is a sentence.
        text = text.replace("The changelog", "Changelog\n=========\n\nThe changelog", 1)
    source[0] = text.replace("Selfhosted.Llm", project)


def setup(app: Any) -> None:
    app.connect("source-read", mend)
