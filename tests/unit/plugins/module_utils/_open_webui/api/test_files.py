"""What is said of a file that the server, or something before it, does not take."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any

import pytest

from ansible_collections.selfhosted.llm.plugins.module_utils._errors import ServerRefused
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.api.files import (
    MARK,
    FileFailed,
    Uploads,
    about_the_file,
)
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.folder import File

BIG = File("big.txt", "1" * 64, 200_000_000)


@pytest.mark.parametrize(
    ("status", "reason", "sentence"),
    [
        (400, "400: Duplicate content detected.", "Duplicate content detected."),
        (400, "", "the whole error"),
        (404, "Target directory not found.", "Target directory not found."),
        (413, "Oops! Less than 1 MB.", "it has 200.0 MB, more than RAG_FILE_MAX_SIZE allows (Oops! Less than 1 MB)"),
        (413, "<html>\r\n<head>", "a proxy before Open WebUI takes no upload of 200.0 MB: raise its limit"),
        (413, "", "a proxy before Open WebUI takes no upload of 200.0 MB: raise its limit"),
    ],
)
def test_what_is_about_the_file_is_its_reason(status: int, reason: str, sentence: str) -> None:
    failed = about_the_file(ServerRefused("the whole error", status, reason), BIG)
    assert isinstance(failed, FileFailed)
    assert str(failed).startswith(sentence)


@pytest.mark.parametrize("status", [401, 403, 500, 502, 504])
def test_what_is_about_the_server_stays_what_it_is(status: int) -> None:
    error = ServerRefused("the whole error", status, "x")
    assert about_the_file(error, BIG) is error


class Shelf:
    """Files as the server keeps them.

    A real one was tried: whether a run meets what the same run has just brought depends on which of two requests is
    first, and it was so once in many runs on a busy machine.
    """

    url = "http://shelf"

    def __init__(self) -> None:
        self.files: dict[str, str] = {}

    def understood(self, _path: str) -> AbstractContextManager[None]:
        return nullcontext()

    def get(self, path: str) -> Any:
        if path.endswith("/process/status"):
            return {"status": "completed"}
        return [
            {"id": key, "filename": name, "meta": {"data": {MARK: "base"}, "file_hash": key}, "data": {"status": "x"}}
            for key, name in self.files.items()
        ]

    def upload(self, _path: str, source: str, name: str, _metadata: dict[str, str]) -> dict[str, str]:
        self.files[source] = name
        return {"id": source, "filename": name}

    def delete(self, path: str) -> None:
        del self.files[path.rsplit("/", 1)[1]]


def test_files_of_one_name_are_not_left_behind_by_this_run() -> None:
    shelf = Shelf()
    uploads = Uploads(shelf, "base", 10, known=[])  # type: ignore[arg-type]  # No more of a server is needed.
    for folder in ("house", "garden"):
        assert uploads.bring(File(f"{folder}/rules.md", folder[0] * 64, 10, folder)) == folder
    assert set(shelf.files) == {"house", "garden"}
