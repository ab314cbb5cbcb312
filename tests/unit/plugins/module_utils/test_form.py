"""A form with a file: what is in it, and that it is read while it is sent."""

from __future__ import annotations

import socket
import threading
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest
from requests import Request

from ansible_collections.selfhosted.llm.plugins.module_utils._errors import ServerRefused, Unreachable
from ansible_collections.selfhosted.llm.plugins.module_utils._form import Form, content_type, quoted
from ansible_collections.selfhosted.llm.plugins.module_utils._http import Client, Connection, Service

MEGABYTES = 200


def test_it_says_what_it_holds_and_how_long_it_is(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"content")
    with (tmp_path / "file").open("rb") as content:
        form = Form({"metadata": "ü"}, 'a "b".md', content)
        length = len(form)
        text = b"".join(form)
    boundary = form.content_type.partition("boundary=")[2]
    assert length == len(text)
    assert text.decode() == (
        f'--{boundary}\r\nContent-Disposition: form-data; name="metadata"\r\n\r\nü\r\n'
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="a \\"b\\".md"\r\n'
        f"Content-Type: text/markdown\r\n\r\ncontent\r\n--{boundary}--\r\n"
    )


@pytest.mark.parametrize(
    ("name", "written"),
    [("a.md", "a.md"), ("🦙", "🦙"), ('"', '\\"'), ("a\\b", "a\\\\b"), ("a\r\nb", "a%0D%0Ab")],
)
def test_a_name_stays_between_its_quotation_marks(name: str, written: str) -> None:
    assert quoted(name) == written


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.MD", "text/markdown"),
        ("a.png", "image/png"),
        ("a.txt.gz", "application/octet-stream"),
        ("data:a.pdf", "application/pdf"),
        (".txt", "application/octet-stream"),
        ("a", "application/octet-stream"),
    ],
)
def test_a_name_tells_what_a_file_is(name: str, kind: str) -> None:
    assert content_type(name) == kind


def test_requests_knows_its_length(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"content")
    with (tmp_path / "file").open("rb") as content:
        form = Form({}, "a", content)
        prepared = Request("POST", "http://127.0.0.1", data=form).prepare()
    assert prepared.headers["Content-Length"] == str(len(form))
    assert "Transfer-Encoding" not in prepared.headers


@pytest.mark.parametrize(("before", "after"), [(b"1234", b"12"), (b"12", b"1234")])
def test_a_file_that_changes_while_it_is_sent(tmp_path: Path, before: bytes, after: bytes) -> None:
    (tmp_path / "file").write_bytes(before)
    with (tmp_path / "file").open("rb") as content:
        form = Form({}, "a", content)
        (tmp_path / "file").write_bytes(after)
        if len(after) < len(before):
            with pytest.raises(OSError, match="a became shorter while it was sent"):
                list(form)
        else:
            assert len(b"".join(form)) == len(form)


@pytest.fixture
def big(tmp_path: Path) -> Path:
    with (tmp_path / "big").open("wb") as file:
        file.truncate(MEGABYTES * 1_000_000)
    return tmp_path / "big"


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening


def client(listener: socket.socket) -> Client:
    return Client(Connection(f"http://127.0.0.1:{listener.getsockname()[1]}", None, True, 10), Service("Open WebUI"))


def answer(listener: socket.socket, text: bytes, *, read: bool) -> None:
    """Take one request, all of it or only its beginning, and answer it."""
    with listener.accept()[0] as connection:
        data = connection.recv(65536)
        left = int(data.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        left -= len(data.partition(b"\r\n\r\n")[2])
        while read and left > 0:
            left -= len(connection.recv(1_000_000))
        connection.sendall(text)
        connection.shutdown(socket.SHUT_WR)
        # As nginx does, so that the answer is read before the line is cut.
        while connection.recv(1_000_000):
            pass


def test_a_big_file_is_not_held_in_memory(big: Path, listener: socket.socket) -> None:
    reply = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 8\r\n\r\n{"a": 1}'
    thread = threading.Thread(target=answer, args=(listener, reply), kwargs={"read": True})
    thread.start()
    tracemalloc.start()
    try:
        assert client(listener).upload_form("/", {"b": "c"}, str(big), "big") == {"a": 1}
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
        thread.join()
    assert peak < 10_000_000, "far less than the file has"


def test_an_answer_that_comes_before_all_was_sent(big: Path, listener: socket.socket) -> None:
    reply = b"HTTP/1.1 413 Request Entity Too Large\r\nContent-Length: 6\r\nConnection: close\r\n\r\n<html>"
    thread = threading.Thread(target=answer, args=(listener, reply), kwargs={"read": False})
    thread.start()
    with pytest.raises(ServerRefused) as refused:
        client(listener).upload_form("/", {}, str(big), "big")
    thread.join()
    assert (refused.value.status, refused.value.reason) == (413, "<html>")


def test_a_server_that_goes_away_meanwhile(big: Path, listener: socket.socket) -> None:
    def hang_up() -> None:
        listener.accept()[0].close()

    thread = threading.Thread(target=hang_up)
    thread.start()
    with pytest.raises(Unreachable, match="Open WebUI at http://127"):
        client(listener).upload_form("/", {}, str(big), "big")
    thread.join()
