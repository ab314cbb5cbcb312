"""open_webui_knowledge on a real server, which embeds with a real model."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests
from declared import Declared, actions
from fault_proxy import between
from modules import Result, run_module, start_module
from servers import call, wait_for
from ssh_hosts import ssh_host

MODEL = "all-minilm"
DOCUMENTS = {
    "coffee.md": "The coffee machine is on the third floor.",
    "house/rules.md": "Please switch off the light.",
    "house/garden/rules.md": "Do not feed the geese.",
}


class Bases(Declared):
    """The module on the server's own machine, without Ansible, which would only look at folders of the controller."""

    def run(self, *things: dict[str, Any], check: bool = False, **arguments: Any) -> Result:
        return super().run(*({"remote_src": True, **thing} for thing in things), check=check, **arguments)

    def id(self, name: str) -> str:
        return str(self.stored()[name]["id"])

    def files(self, name: str) -> dict[str, dict[str, Any]]:
        return dict(self.stored()[name]["files"])

    def ids(self, name: str) -> dict[str, str]:
        """The ids of the files of one, by path."""
        return {path: file["id"] for path, file in self.files(name).items()}

    def found(self, name: str, question: str) -> list[str]:
        """The names of the files in which the server finds something."""
        body = {"collection_names": [self.id(name)], "query": question, "k": 10}
        reply = call(self.admin, "POST", "/api/v1/retrieval/query/collection", body)
        return [item["name"] for item in reply["metadatas"][0]]


def files_of(admin: dict[str, str], base_id: str, directory: str = "", prefix: str = "") -> dict[str, Any]:
    """The files of a knowledge base by path, directory by directory, as a browser goes through them."""
    path = f"/api/v1/knowledge/{base_id}/files?limit=1000&directory_id={directory}"
    level = call(admin, "GET", path)
    files = {prefix + item["filename"]: item for item in level["items"]}
    assert len(files) == len(level["items"]), "two files of one name"
    for inner in level["directories"]:
        files |= files_of(admin, base_id, inner["id"], f"{prefix}{inner['name']}/")
    return files


def count(admin: dict[str, str]) -> int:
    """How many files the server has, in a knowledge base or not."""
    return int(call(admin, "GET", "/api/v1/files/?content=false")["total"])


def write(folder: Path, documents: dict[str, str]) -> Path:
    for name, text in documents.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(text.encode())
    return folder


@pytest.fixture(scope="session")
def embedding(services: dict[str, Any]) -> None:
    """The model that Open WebUI embeds with."""
    # With more threads, these wait for each other in loops, which takes a busy machine more than all else.
    alone = {"from": MODEL, "parameters": {"num_thread": 1}}
    for step, more in (("pull", {}), ("create", alone)):
        body = {"model": MODEL, "stream": False, **more}
        reply = requests.post(f"{services['ollama_url']}/api/{step}", json=body, timeout=300)
        assert reply.json() == {"status": "success"}


@pytest.fixture
def bases(admin: dict[str, str], request: pytest.FixtureRequest) -> Iterator[Bases]:
    """The module, on a server without knowledge bases and files, which has none afterwards either."""
    request.getfixturevalue("embedding")

    def listed() -> list[dict[str, Any]]:
        return list(call(admin, "GET", "/api/v1/knowledge/")["items"])

    def empty() -> None:
        for base in listed():
            call(admin, "DELETE", f"/api/v1/knowledge/{base['id']}/delete")
        if count(admin):
            call(admin, "DELETE", "/api/v1/files/all")

    def stored() -> dict[str, dict[str, Any]]:
        keys = ("id", "description", "access_grants")
        return {
            base["name"]: {**{key: base[key] for key in keys}, "files": files_of(admin, base["id"])}
            for base in listed()
        }

    empty()
    yield Bases("open_webui_knowledge", "knowledge", admin, stored)
    empty()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of three documents."""
    return write(tmp_path / "documents", DOCUMENTS)


@pytest.fixture
def handbook(folder: Path) -> dict[str, Any]:
    """A knowledge base that is made of it."""
    return {"name": "Handbook", "src": str(folder)}


@pytest.mark.every_version
def test_made_changed_and_removed(bases: Bases, handbook: dict[str, Any], folder: Path) -> None:
    made = bases.prove({**handbook, "description": "How things are done"})
    assert actions(made, "knowledge") == ["created"]
    assert bases.entry(made)["files"] == {"added": 3, "updated": 0, "removed": 0, "unchanged": 0}
    assert bases.stored()["Handbook"]["description"] == "How things are done"
    ids = bases.ids("Handbook")
    assert set(ids) == set(DOCUMENTS)
    assert bases.found("Handbook", "Where is coffee?")[0] == "coffee.md"

    write(folder, {"coffee.md": "The coffee machine is on the fifth floor.", "new/tea.txt": "Tea is free."})
    shutil.rmtree(folder / "house" / "garden")
    changed = bases.prove(handbook)
    assert bases.entry(changed)["files"] == {"added": 1, "updated": 1, "removed": 1, "unchanged": 1}
    digests = {name: digest(text)[:12] for name, text in DOCUMENTS.items()}
    assert changed.diff["before"]["Handbook"]["files"] == digests
    assert set(changed.diff["after"]["Handbook"]["files"]) == {"coffee.md", "house/rules.md", "new/tea.txt"}
    assert bases.ids("Handbook")["house/rules.md"] == ids["house/rules.md"], "it was uploaded again"
    assert count(bases.admin) == 3, "the old ones are still there"
    assert bases.found("Handbook", "coffee").count("coffee.md") == 1, "the old content can be found"

    assert actions(bases.prove({"name": "Handbook", "state": "absent"}), "knowledge") == ["removed"]
    assert bases.stored() == {}
    assert count(bases.admin) == 0


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def test_a_folder_that_moves_is_not_uploaded_again(bases: Bases, handbook: dict[str, Any], folder: Path) -> None:
    bases.do(handbook)
    ids = bases.ids("Handbook")
    (folder / "house").rename(folder / "home")
    bases.prove(handbook)
    assert bases.ids("Handbook") == {path.replace("house", "home"): id_ for path, id_ in ids.items()}


@pytest.mark.every_version
def test_what_is_changed_by_hand_is_mended_and_nothing_else(
    bases: Bases, handbook: dict[str, Any], tmp_path: Path
) -> None:
    other = {"name": "Other", "src": str(write(tmp_path / "other", {"other.txt": "Something else."}))}
    bases.do({**handbook, "description": "First"}, other)
    before = bases.ids("Handbook")
    path = f"/api/v1/knowledge/{bases.id('Handbook')}"
    call(bases.admin, "POST", f"{path}/update", {"name": "Handbook", "description": "By hand"})
    call(bases.admin, "POST", f"{path}/file/remove", {"file_id": before["coffee.md"]})
    call(bases.admin, "POST", f"{path}/file/move", {"file_id": before["house/rules.md"], "directory_id": None})
    stranger = upload(bases.admin, "stranger.txt", b"I do not belong here.")
    call(bases.admin, "POST", f"{path}/file/add", {"file_id": stranger})

    mended = bases.prove({**handbook, "description": "First"}, other)
    assert actions(mended, "knowledge") == ["updated", "none"]
    assert bases.entry(mended)["changed"] == ["description", "files"]
    told = mended.diff["before"]["Handbook"]["files"]
    assert set(told) == {"rules.md", "house/garden/rules.md", "stranger.txt"}
    after = bases.ids("Handbook")
    assert set(after) == set(DOCUMENTS)
    assert {path for path in after if after[path] == before[path]} == {"house/rules.md", "house/garden/rules.md"}
    assert count(bases.admin) == 4


def upload(admin: dict[str, str], name: str, content: bytes) -> str:
    """The id of a file that somebody uploads by hand, read and embedded."""
    headers = {"Authorization": f"Bearer {admin['api_token']}"}
    url = f"{admin['api_url']}/api/v1/files/?process_in_background=false"
    reply = requests.post(url, files={"file": (name, content)}, headers=headers, timeout=300)
    reply.raise_for_status()
    return str(reply.json()["id"])


def test_what_a_task_does_not_name_stays(bases: Bases, handbook: dict[str, Any]) -> None:
    bases.do({**handbook, "description": "First", "access": {"public": True}})
    before = bases.stored()["Handbook"]
    result = bases.prove({"name": "Handbook", "description": "Second"})
    assert bases.entry(result)["changed"] == ["description"]
    assert bases.entry(result)["files"] is None
    assert bases.stored()["Handbook"] == {**before, "description": "Second"}
    bases.prove({"name": "Handbook", "access": {}})
    assert bases.stored()["Handbook"] == {**before, "description": "Second", "access_grants": []}
    assert actions(bases.prove({"name": "Empty"}), "knowledge") == ["created"]


def test_only_the_group_that_it_is_shared_with_sees_it(
    bases: Bases, handbook: dict[str, Any], office: dict[str, dict[str, str]]
) -> None:
    shared = {**handbook, "access": {"read_groups": ["office"], "write_users": ["Admin@example.com"]}}
    bases.prove(shared)
    seen = {
        name: [base["name"] for base in call(account, "GET", "/api/v1/knowledge/")["items"]]
        for name, account in office.items()
    }
    assert seen == {"inside": ["Handbook"], "outside": []}


@pytest.mark.parametrize("through_ansible", [True, False])
def test_a_group_that_is_not_there(bases: Bases, handbook: dict[str, Any], through_ansible: bool) -> None:
    shared = [{"name": "First"}, {**handbook, "access": {"read_groups": ["nobody"]}}]
    parameters = {**bases.admin, "knowledge": shared}
    if not through_ansible:
        shared[1]["remote_src"] = True
    result = run_module("open_webui_knowledge", parameters, through_ansible=through_ansible)
    assert "The knowledge base 'Handbook' names 'nobody', and" in result.message
    assert "has no group 'nobody'. Nothing was changed." in result.message
    assert bases.stored() == {}
    promised = run_module("open_webui_knowledge", parameters, through_ansible=through_ansible, check=True)
    assert not promised.failed, "an earlier task may make it"
    assert "has no group 'nobody'" in promised.output


def test_exclusive_removes_what_is_not_listed(bases: Bases, handbook: dict[str, Any]) -> None:
    bases.do(handbook, {"name": "Other"})
    assert actions(bases.prove({"name": "Other"}, exclusive=True), "knowledge") == ["none", "removed"]
    assert set(bases.stored()) == {"Other"}
    assert count(bases.admin) == 0


def test_more_than_a_page_of_them(bases: Bases) -> None:
    names = [f"Base {number}" for number in range(31)]
    bases.do(*({"name": name} for name in names))
    assert actions(bases.prove({"name": "Base 0"}, {"name": "Base 30"}), "knowledge") == ["none", "none"]
    assert bases.do(exclusive=True) == ["removed"] * 31


@pytest.fixture
def unembedded(admin: dict[str, str]) -> Iterator[None]:
    """The server reads documents and does not embed them, which takes its time."""
    path, name = "/api/v1/retrieval/config/update", "BYPASS_EMBEDDING_AND_RETRIEVAL"
    call(admin, "POST", path, {name: True})
    yield
    call(admin, "POST", path, {name: False})


@pytest.mark.usefixtures("unembedded")
def test_names_with_slashes_quotes_and_emoji(bases: Bases, tmp_path: Path) -> None:
    names = [
        'say "hi".txt',
        "it's 50%_*?.md",
        "back\\slash.txt",
        "sp ace;x=1.txt",
        "Büro/🦙 ü.md",
        "Büro/a/🦙 ü.md",
        "100%25",
    ]
    odd = {"name": "a/b \"c\" 'd' 🦙", "description": '"\\', "src": str(tmp_path / "odd")}
    write(tmp_path / "odd", {name: f"This is number {number}." for number, name in enumerate(names)})
    bases.prove(odd)
    assert set(bases.files(odd["name"])) == set(names)
    write(tmp_path / "odd", {name: f"Now it is {number}." for number, name in enumerate(names)})
    assert bases.entry(bases.prove(odd))["files"]["updated"] == len(names)
    assert count(bases.admin) == len(names)


def test_two_of_one_name(bases: Bases, handbook: dict[str, Any]) -> None:
    for description in ("one", "two"):
        call(bases.admin, "POST", "/api/v1/knowledge/create", {"name": "Handbook", "description": description})
    result = bases.run(handbook)
    assert "has the knowledge base 'Handbook' twice" in result.message
    assert count(bases.admin) == 0
    assert bases.do({"name": "Fine"}) == ["created"], "one that is not meant does not matter"


def test_the_same_content_in_two_files(bases: Bases, handbook: dict[str, Any], folder: Path) -> None:
    write(folder, {"licence.txt": "Do what you like.", "house/licence.txt": "Do what you like."})
    made = bases.prove(handbook)
    assert bases.entry(made)["duplicates"] == ["licence.txt"]
    assert set(bases.files("Handbook")) == {*DOCUMENTS, "house/licence.txt"}

    (folder / "house" / "licence.txt").unlink()
    assert bases.entry(bases.prove(handbook))["duplicates"] == []
    assert set(bases.files("Handbook")) == {*DOCUMENTS, "licence.txt"}
    assert "licence.txt" in bases.found("Handbook", "licence")

    # The server takes no content that another file has, and here each has what the next one gets.
    (folder / "coffee.md").rename(folder / "kept")
    (folder / "house" / "rules.md").rename(folder / "coffee.md")
    (folder / "licence.txt").rename(folder / "house" / "rules.md")
    (folder / "kept").rename(folder / "licence.txt")
    assert bases.entry(bases.prove(handbook))["files"]["updated"] == 3
    assert sorted(bases.found("Handbook", "licence")) == ["coffee.md", "licence.txt", "rules.md", "rules.md"]


def test_the_same_text_in_two_files_that_differ(bases: Bases, handbook: dict[str, Any], folder: Path) -> None:
    write(folder, {"coffee.md": "Coffee\nis here.", "zz.md": "Coffee\r\nis here."})
    for action in ("created", "updated"):
        result = bases.run(handbook)
        assert "1 of 4 files were not taken: zz.md: Duplicate content detected" in result.message
        assert bases.entry(result)["action"] == action
        assert set(bases.files("Handbook")) == set(DOCUMENTS)
        assert count(bases.admin) == 3
    assert not result.changed


def test_a_file_is_still_found_when_one_with_the_same_text_goes(
    bases: Bases, handbook: dict[str, Any], folder: Path
) -> None:
    bases.do(handbook)
    write(folder, {"coffee.md": "Coffee\nis here.", "zz.md": "Coffee\r\nis here."})
    files = [upload(bases.admin, name, (folder / name).read_bytes()) for name in ("coffee.md", "zz.md")]
    path = f"/api/v1/knowledge/{bases.id('Handbook')}/file"
    call(bases.admin, "POST", f"{path}/remove", {"file_id": bases.ids("Handbook")["coffee.md"]})
    with ThreadPoolExecutor() as threads:
        # The server only notices what is there when it begins.
        list(threads.map(lambda file_id: call(bases.admin, "POST", f"{path}/add", {"file_id": file_id}), files))
    assert not bases.run(handbook).changed
    (folder / "zz.md").unlink()
    bases.prove(handbook)
    assert bases.ids("Handbook")["coffee.md"] == files[0]
    assert bases.found("Handbook", "coffee").count("coffee.md") == 1


def test_hidden_files_are_left_out_and_links_followed(bases: Bases, folder: Path, tmp_path: Path) -> None:
    write(folder, {".git/config": "hidden", ".hidden.md": "hidden"})
    (folder / "link").symlink_to(write(tmp_path / "elsewhere", {"linked.md": "I am somewhere else."}))
    bases.do({"name": "Handbook", "src": str(folder)})
    assert set(bases.files("Handbook")) == {*DOCUMENTS, "link/linked.md"}


def no_folder(folder: Path) -> str:
    return str(folder / "nowhere")


def a_file(folder: Path) -> str:
    return str(folder / "coffee.md")


def nothing_in_it(folder: Path) -> str:
    (folder / "empty" / "inside").mkdir(parents=True)
    return str(folder / "empty")


def an_empty_file(folder: Path) -> str:
    (folder / "empty.md").touch()
    return str(folder)


def a_broken_link(folder: Path) -> str:
    (folder / "broken.md").symlink_to("nowhere")
    return str(folder)


@pytest.mark.parametrize("remote_src", [True, False])
@pytest.mark.parametrize(
    ("prepare", "sentences"),
    [
        (no_folder, ("is not there", "Could not find or access")),
        (a_file, ("is not a folder",) * 2),
        (nothing_in_it, ("has no files in it",) * 2),
        (an_empty_file, ("empty.md is empty, which Open WebUI does not take",) * 2),
        (a_broken_link, ("broken.md is neither a file nor a folder",) * 2),
    ],
)
def test_a_folder_that_cannot_be_right(
    bases: Bases, folder: Path, prepare: Callable[[Path], str], sentences: tuple[str, str], remote_src: bool
) -> None:
    wrong = {"name": "Handbook", "src": prepare(folder), "remote_src": remote_src}
    for check in (True, False):
        parameters = {**bases.admin, "knowledge": [{"name": "First"}, wrong]}
        result = run_module("open_webui_knowledge", parameters, check=check, through_ansible=not remote_src)
        assert result.failed
        assert sentences[0 if remote_src else 1] in result.message
    assert bases.stored() == {}


@pytest.mark.parametrize(
    ("things", "arguments", "sentence"),
    [
        ([{"name": " "}], {}, "has an empty name"),
        ([{"name": "a"}, {"name": "a"}], {}, "The list names the knowledge base 'a' twice"),
        ([{"name": "a", "source": "x"}], {}, "Unsupported parameters"),
        ([{"name": "a", "access": {"read_group": ["x"]}}], {}, "Unsupported parameters"),
        ([{"name": "a"}], {"embedding_timeout": 0}, "embedding_timeout is 0: it must be 1 second or more"),
    ],
)
def test_what_cannot_be_right_is_refused(
    bases: Bases, things: list[dict[str, Any]], arguments: dict[str, Any], sentence: str
) -> None:
    result = bases.run(*things, **arguments)
    assert result.failed
    assert sentence in result.message
    assert bases.stored() == {}


PICTURE = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"


def test_files_that_cannot_be_read_as_text(bases: Bases, handbook: dict[str, Any], folder: Path) -> None:
    bases.do(handbook)
    before = bases.ids("Handbook")
    (folder / "picture.png").write_bytes(PICTURE)
    (folder / "noise.pdf").write_bytes(bytes(range(256)))
    (folder / "coffee.md").write_text("\n \n")
    write(folder, {"tea.txt": "Tea is free."})
    for added in (1, 0):
        result = bases.run(handbook, {"name": "Next"})
        assert result.failed
        assert (
            f"Of the knowledge base 'Handbook' of {bases.admin['api_url']}, 3 of 6 files were not taken:"
            in result.message
        )
        assert "picture.png: File type image/png is not supported for processing" in result.message
        assert "The next run tries them again." in result.message
        entry = bases.entry(result)
        assert [failed["file"] for failed in entry["failed"]] == ["coffee.md", "noise.pdf", "picture.png"]
        assert all(failed["reason"] for failed in entry["failed"])
        assert entry["files"] == {"added": added, "updated": 0, "removed": 0, "unchanged": 4 - added - 1}
        assert count(bases.admin) == 4, "what failed was left on the server"
        assert result.changed == bool(added)
    assert bases.ids("Handbook").items() >= before.items(), "the old version of a file went before there was a new one"
    assert "Next" in bases.stored(), "what comes behind it was not done"

    (folder / "picture.png").unlink()
    write(folder, {"noise.pdf": "x", "coffee.md": "There is no coffee."})
    (folder / "noise.pdf").rename(folder / "noise.txt")
    assert bases.entry(bases.prove(handbook))["files"] == {"added": 1, "updated": 1, "removed": 0, "unchanged": 3}


@pytest.fixture
def embeds(admin: dict[str, str]) -> Iterator[Callable[..., None]]:
    """Changes how the server embeds, and changes it back."""
    path = "/api/v1/retrieval/embedding"
    before = call(admin, "GET", path)

    def change(**values: Any) -> None:
        body = {key: before[key] for key in ("RAG_EMBEDDING_ENGINE", "RAG_EMBEDDING_MODEL", "ollama_config")}
        call(admin, "POST", f"{path}/update", {**body, **values})

    yield change
    change()


def test_an_embedding_model_that_is_missing(
    bases: Bases, handbook: dict[str, Any], embeds: Callable[..., None]
) -> None:
    embeds(RAG_EMBEDDING_MODEL="nowhere")
    result = bases.run(handbook)
    assert "3 of 3 files were not taken: coffee.md, house/garden/rules.md, house/rules.md: " in result.message
    assert 'model "nowhere" not found' in result.message
    assert bases.files("Handbook") == {}
    assert count(bases.admin) == 0
    embeds()
    assert actions(bases.prove(handbook), "knowledge") == ["updated"]
    assert set(bases.files("Handbook")) == set(DOCUMENTS)


def container_of(url: str) -> str:
    """The name of the container that answers there."""
    command = ["docker", "ps", f"--filter=publish={url.rsplit(':', 1)[1]}", "--format={{.Names}}"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def silent_embedding(bases: Bases, embeds: Callable[..., None]) -> None:
    """The server has a knowledge base, and embeds with something that takes its questions and does not answer."""
    bases.do({"name": "Handbook"})
    port = 9876
    listen = f"import socket, time; server = socket.create_server(('127.0.0.1', {port})); time.sleep(600)"
    name = container_of(bases.admin["api_url"])
    subprocess.run(["docker", "exec", "--detach", name, "python3", "-c", listen], check=True)
    embeds(ollama_config={"url": f"http://127.0.0.1:{port}", "key": ""})


@pytest.mark.usefixtures("silent_embedding")
def test_an_embedding_that_never_ends(bases: Bases, handbook: dict[str, Any], embeds: Callable[..., None]) -> None:
    began = time.monotonic()
    result = bases.run(handbook, embedding_timeout=3)
    assert time.monotonic() - began < 30
    assert "3 of 3 files were not taken" in result.message
    assert "nothing was embedded for 3 seconds" in result.message
    assert "raise embedding_timeout" in result.message
    assert count(bases.admin) == 0
    embeds()
    assert bases.do(handbook) == ["updated"]


def test_a_file_of_200_megabytes_that_the_server_does_not_take(
    bases: Bases, handbook: dict[str, Any], folder: Path
) -> None:
    with (folder / "huge.txt").open("wb") as file:
        file.truncate(200_000_000)
    limit = {"FILE_MAX_SIZE": 1}
    call(bases.admin, "POST", "/api/v1/retrieval/config/update", limit)
    try:
        result = bases.run(handbook)
    finally:
        call(bases.admin, "POST", "/api/v1/retrieval/config/update", {"FILE_MAX_SIZE": None})
    assert (
        "1 of 4 files were not taken: huge.txt: it has 200.0 MB, more than RAG_FILE_MAX_SIZE allows" in result.message
    )
    assert set(bases.files("Handbook")) == set(DOCUMENTS)
    assert count(bases.admin) == 3


MANY = {f"part {number % 4}/document {number}.md": f"Number {number}." for number in range(40)}


@pytest.mark.usefixtures("unembedded")
def test_a_run_that_changes_nothing_costs_the_same_for_three_files_and_for_forty(
    bases: Bases, folder: Path, tmp_path: Path
) -> None:
    many = write(tmp_path / "many", MANY)
    bases.do({"name": "Few", "src": str(folder)}, {"name": "Many", "src": str(many)})
    assert set(bases.files("Many")) == set(MANY)
    for check in (True, False):
        for base in ({"name": "Few", "src": str(folder)}, {"name": "Many", "src": str(many)}):
            with between(bases.admin["api_url"]) as (url, proxy):
                result = bases.run(base, check=check, api_url=url)
            assert not result.changed
            # Which version it is, all knowledge bases, and the files and the directories of this one.
            assert len(proxy.requests) == 4, proxy.requests


def wait_until(true: Callable[[], bool]) -> None:
    for _attempt in range(600):
        if true():
            return
        time.sleep(0.1)
    pytest.fail("It does not come to that.")


SOME = dict(list(MANY.items())[:12])


@pytest.mark.parametrize("moment", ["files/", "file/add"])
def test_a_run_that_is_killed_is_finished_by_the_next(bases: Bases, tmp_path: Path, moment: str) -> None:
    base = {"name": "Many", "src": str(write(tmp_path / "many", SOME)), "remote_src": True}
    with between(bases.admin["api_url"]) as (url, proxy):

        def seen(what: str) -> int:
            return sum(line.startswith("POST") and what in line for line in proxy.requests)

        parameters = {**bases.admin, "api_url": url, "knowledge": [base]}
        process = start_module("open_webui_knowledge", parameters)
        wait_until(lambda: seen(moment) >= 6)
        process.kill()
        process.communicate()
        # What was on its way ends by itself.
        time.sleep(5)
        result = bases.run(base, api_url=url)
        assert not result.failed, result.message
        assert seen("/api/v1/files/") == len(SOME), "a file was uploaded twice"
    assert set(bases.files("Many")) == set(SOME)
    assert count(bases.admin) == len(SOME)
    assert sorted(bases.found("Many", "Number")) == sorted(set(bases.found("Many", "Number")))
    assert not bases.run(base).changed


@pytest.mark.usefixtures("embedding")
def test_a_server_that_restarts_in_the_middle(own_server: tuple[str, dict[str, str]], tmp_path: Path) -> None:
    name, admin = own_server
    base = {"name": "Many", "src": str(write(tmp_path / "many", SOME)), "remote_src": True}
    parameters = {**admin, "knowledge": [base]}
    process = start_module("open_webui_knowledge", parameters)
    wait_until(lambda: count(admin) >= 6)
    subprocess.run(["docker", "kill", name], check=True, capture_output=True)
    stdout, _stderr = process.communicate()
    assert '"failed": true' in stdout
    assert "The knowledge base 'Many' of" in stdout
    assert "run again, and it goes on from there" in stdout

    subprocess.run(["docker", "start", name], check=True, capture_output=True)
    wait_for(f"{admin['api_url']}/ready")
    result = run_module("open_webui_knowledge", parameters, through_ansible=False)
    assert not result.failed, result.message
    base_id = call(admin, "GET", "/api/v1/knowledge/")["items"][0]["id"]
    assert set(files_of(admin, base_id)) == set(SOME)
    assert count(admin) == len(SOME), "what was left in the middle is still there"
    assert not run_module("open_webui_knowledge", parameters, through_ansible=False).changed


@pytest.mark.parametrize("connection", ["local", "ssh"])
def test_a_folder_of_the_controller(
    bases: Bases, handbook: dict[str, Any], folder: Path, services: dict[str, Any], tmp_path: Path, connection: str
) -> None:
    parameters = {**bases.admin, "knowledge": [handbook]}
    if connection == "local":
        work(bases, parameters, folder, None)
    else:
        with ssh_host(services, tmp_path) as host:
            work(bases, parameters, folder, host.variables)


def work(bases: Bases, parameters: dict[str, Any], folder: Path, machine: dict[str, Any] | None) -> None:
    def run(check: bool = False) -> tuple[list[str], int]:
        """What was done, and how many documents were copied to the other machine."""
        result = run_module("open_webui_knowledge", parameters, check=check, machine=machine, verbosity=3)
        assert "files" not in result.values["invocation"]["module_args"]
        copied = {
            line.split()[-1]
            for line in result.output.splitlines()
            if "PUT" in line and len(line.split("/")[-1].strip()) == 64
        }
        return actions(result, "knowledge"), len(copied)

    far = machine is not None
    assert run(check=True) == (["created"], 0)
    assert run() == (["created"], 3 * far)
    assert set(bases.files("Handbook")) == set(DOCUMENTS)
    assert run() == (["none"], 0)
    write(folder, {"coffee.md": "There is no coffee."})
    assert run(check=True) == (["updated"], 0)
    assert run() == (["updated"], 1 * far)
    assert bases.files("Handbook")["coffee.md"]["meta"]["file_hash"] == digest("There is no coffee.")
    assert count(bases.admin) == 3


@pytest.mark.every_version
def test_a_document_is_the_source_of_an_answer(bases: Bases, handbook: dict[str, Any]) -> None:
    bases.do(handbook)
    body = {
        "model": "llama3:latest",
        "messages": [{"role": "user", "content": "On which floor is the coffee machine?"}],
        "files": [{"type": "collection", "id": bases.id("Handbook")}],
        "max_tokens": 5,
        "stream": False,
    }
    answer = call(bases.admin, "POST", "/api/chat/completions", body)
    [source] = answer["sources"]
    assert DOCUMENTS["coffee.md"] in source["document"]
    assert source["metadata"][0]["name"] == "coffee.md"
