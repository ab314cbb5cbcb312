"""What is said of a file that the server, or something before it, does not take."""

from __future__ import annotations

import pytest

from ansible_collections.selfhosted.llm.plugins.module_utils._errors import ServerRefused
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.api.files import FileFailed, about_the_file
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
