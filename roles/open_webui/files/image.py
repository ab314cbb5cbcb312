"""Runs inside an image of Open WebUI: which version it holds, which databases it can read, and its environment."""

import importlib.metadata
import importlib.util
import json
import os
import pathlib
import re

package = pathlib.Path(importlib.util.find_spec("open_webui").submodule_search_locations[0])
try:
    version = importlib.metadata.version("open-webui")
except importlib.metadata.PackageNotFoundError:  # As in the official image, which has the files of the project.
    version = json.loads((package.parents[1] / "package.json").read_text())["version"]
revisions = [
    re.search(r"^revision\b[^=]*=\s*['\"](\w+)", file.read_text(), re.MULTILINE)
    for file in (package / "migrations" / "versions").glob("*.py")
]
print(
    json.dumps(
        {
            "version": version,
            "revisions": [found.group(1) for found in revisions if found],
            "environment": [f"{name}={value}" for name, value in os.environ.items()],
        }
    )
)
