"""What is in the artifact of the collection, and what is not.

Usage: artifact.py ARTIFACT [MODULES ROLES]. Fails with a sentence for each file that is too much or missing. MODULES
and ROLES are files of what ansible-doc lists, and have to be those of the artifact.
"""

from __future__ import annotations

import json
import re
import sys
import tarfile
from collections.abc import Iterable
from pathlib import Path

# What Galaxy and those who install it want to see at the top.
TOP = {
    *("FILES.json", "MANIFEST.json"),
    *("CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "README.md", "SECURITY.md", "requirements.txt", "requirements.yml"),
    *("changelogs", "docs", "inventories", "meta", "playbooks", "plugins", "roles"),
}
NEEDED = {
    *("LICENSE", "README.md", "MANIFEST.json", "requirements.txt"),
    *("changelogs/changelog.yaml", "meta/execution-environment.yml", "meta/runtime.yml"),
    *("inventories/home/hosts.yml", "playbooks/site.yml", "plugins/modules/ollama_model.py"),
}
# Written by tools or by hand beside what is tracked, or known to one machine only.
STRAY = re.compile(
    r"(^|/)(\..*|__pycache__|.*\.(pyc|tar\.gz|orig|rej|log)|secrets|output|molecule|tests|fragments)(/|$)"
)


def problems(names: Iterable[str]) -> list[str]:
    """What is wrong with an artifact of these files, in a sentence each."""
    files = set(names)
    return [
        *(f"{name} is none of the artifact's" for name in sorted(files) if name.split("/")[0] not in TOP),
        *(f"{name} is not for those who install it" for name in sorted(files) if STRAY.search(name)),
        *(f"{name} is missing" for name in sorted(NEEDED - files)),
    ]


def of_kind(names: Iterable[str], pattern: str) -> set[str]:
    """The full names of modules or roles among files."""
    return {f"selfhosted.llm.{found[1]}" for name in names if (found := re.fullmatch(pattern, name))}


def listed_otherwise(files: Iterable[str], modules: Iterable[str], roles: Iterable[str]) -> list[str]:
    """What ansible-doc lists and the artifact lacks, or the other way round."""
    names = list(files)
    there = of_kind(names, r"plugins/modules/(\w+)\.py") | of_kind(names, r"roles/(\w+)/meta/argument_specs\.yml")
    return [f"ansible-doc and the artifact differ about {name}" for name in sorted(there ^ {*modules, *roles})]


def main(artifact: str, *lists: str) -> None:
    with tarfile.open(artifact) as archive:
        files = [member.name for member in archive.getmembers() if member.isfile()]
        others = [member.name for member in archive.getmembers() if not member.isfile() and not member.isdir()]
    found = problems(files) + [f"{name} is neither a file nor a folder" for name in others]
    if lists:
        found += listed_otherwise(files, *(json.loads(Path(path).read_text()) for path in lists))
    if found:
        sys.exit("\n".join(f"artifact: {sentence}" for sentence in found))
    kinds = sorted({name.split("/")[0] for name in files})
    size = Path(artifact).stat().st_size / 1000
    print(
        f"artifact: {len(files)} files, {size:.0f} kB: {' '.join(kinds)}"
        if not lists
        else "artifact: ansible-doc lists it all"
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
