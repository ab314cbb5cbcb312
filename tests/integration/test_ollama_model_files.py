"""ollama_model_files: models come as files, whole or not at all, and the server takes them for its own."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from fault_proxy import between
from modules import ROOT, Result, run_module, start_module
from servers import fresh_ollama

SHOW = ROOT / "roles" / "ollama_server" / "files" / "show_models.py"
# Some 46 MB, nearly all of them in one layer.
LARGE = "all-minilm"
MANIFESTS = [f"registry.ollama.ai/library/{name}/latest" for name in ("llama3", LARGE)]


def own(folder: Path) -> tuple[str, ...]:
    """Options of a server that keeps its models in this folder, as this account."""
    return (f"--user={os.getuid()}", "--env=HOME=/store", f"--volume={folder}:/store")


def models(folder: Path) -> Path:
    return folder / ".ollama" / "models"


@pytest.fixture(scope="module")
def source(services: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The store of a server that pulled two models."""
    folder = tmp_path_factory.mktemp("source")
    with fresh_ollama(services, *own(folder)) as server:
        server.stock("llama3", LARGE)
    return models(folder)


@pytest.fixture
def site(source: Path) -> Iterator[str]:
    """The address of a server that shows these."""
    line = [sys.executable, str(SHOW), str(source), "127.0.0.1", *MANIFESTS]
    told = json.loads(subprocess.run(line, check=True, capture_output=True, text=True).stdout)
    yield told["url"]
    os.kill(told["pid"], signal.SIGTERM)


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "models"


def take(src: Path | str, store: Path, *names: str, **options: Any) -> Result:
    arguments = {"name": list(names), "src": str(src), "storage_path": str(store), "retries": 0}
    run = {name: options.pop(name) for name in ("check", "python", "through_ansible") if name in options}
    return run_module("ollama_model_files", {**arguments, **options}, **{"through_ansible": False, **run})


def files(store: Path) -> dict[str, bytes]:
    return {str(path.relative_to(store)): path.read_bytes() for path in store.rglob("*") if path.is_file()}


def weights(source: Path, name: str) -> Path:
    """The greatest layer of a model."""
    manifest = json.loads((source / "manifests/registry.ollama.ai/library" / name / "latest").read_text())
    digest = str(max(manifest["layers"], key=lambda layer: layer["size"])["digest"])
    return source / "blobs" / digest.replace(":", "-")


def test_a_running_server_has_the_models_with_their_digests(
    services: dict[str, Any], source: Path, tmp_path: Path
) -> None:
    with fresh_ollama(services, *own(tmp_path)) as server:
        store = models(tmp_path)
        size = take(source, store, "llama3", check=True).values["models"][0]["bytes"]
        assert size > 2_000_000
        assert server.models() == {}
        first = take(source, store, "llama3", LARGE)
        assert first.changed, first.message
        assert first.values["models"][0]["bytes"] == size
        assert first.diff["before"] == {}
        assert server.models() == first.diff["after"]
        assert files(store).keys() == files(source).keys()
        assert files(store) == files(source)
        assert {path.stat().st_mode & 0o777 for path in store.rglob("*") if path.is_file()} == {0o644}
        body = {"model": "llama3", "prompt": "Who are you?", "stream": False}
        assert requests.post(f"{server.url}/api/generate", json=body, timeout=60).json()["response"]
        assert not take(source, store, "LLAMA3", LARGE, through_ansible=True).changed
        server.restart()
        assert server.models() == first.diff["after"], "it takes nothing for left behind"


def test_a_layer_that_is_gone_is_mended(source: Path, store: Path) -> None:
    take(source, store, "llama3")
    weights(store, "llama3").unlink()
    for check in (True, False):
        result = take(source, store, "llama3", check=check)
        assert result.values["models"][0]["action"] == "mended"
        assert result.changed
    assert not take(source, store, "llama3").changed


def test_a_damaged_layer_is_named_and_does_not_come(source: Path, store: Path, tmp_path: Path) -> None:
    damaged = tmp_path / "damaged"
    shutil.copytree(source, damaged)
    blob = weights(damaged, "llama3")
    content = bytearray(blob.read_bytes())
    content[1_000_000] ^= 1
    blob.write_bytes(content)
    result = take(damaged, store, "llama3")
    assert result.failed
    assert not result.changed
    assert f"{damaged}/blobs/{blob.name} is damaged: {blob.name.replace('-', ':')} was expected, and sha256:" in (
        result.message
    )
    assert not (store / "manifests").exists()
    assert not list((store / "blobs").glob(f"{blob.name}*"))
    assert take(source, store, "llama3").changed


def test_nothing_comes_unless_all_models_are_there(source: Path, site: str, store: Path) -> None:
    for src in (source, site):
        result = take(src, store, "llama3", "mistral")
        assert result.message == (
            f"{src} has no model 'mistral:latest': check the spelling, or put the model there first."
        )
    assert not store.exists()


def test_only_what_is_named_is_shown(source: Path, site: str) -> None:
    """Who knows the path sees the models of the list; the key of the server lies two folders above them."""
    blob = weights(source, "llama3").name
    assert requests.head(f"{site}/blobs/{blob}", timeout=10).status_code == 501
    assert requests.get(f"{site}/blobs/{blob}", timeout=10).status_code == 200
    base = site.rpartition("/")[0]
    for path in (f"/blobs/{blob}", f"/x/blobs/{blob}", "/", "/../../id_ed25519"):
        assert requests.get(base + path, timeout=10).status_code == 404, path
    assert requests.get(f"{site}/blobs/../../id_ed25519", timeout=10).status_code == 404


def test_a_transfer_that_is_cut_again_and_again(source: Path, site: str, store: Path) -> None:
    with between(site, where=b"/blobs/", times=4, cut_after=1_000_000) as (url, proxy):
        result = take(url + "/" + site.rpartition("/")[2], store, LARGE, retries=1)
    assert not result.failed, result.message
    asked = [request for request in proxy.requests if weights(source, LARGE).name in request]
    assert len(asked) == 5, "each try came further, so that none counts as the last"
    assert weights(store, LARGE).read_bytes() == weights(source, LARGE).read_bytes()


def test_a_source_that_stalls_is_given_up_and_taken_up_again(source: Path, site: str, store: Path) -> None:
    blob = weights(source, LARGE)
    with between(site, where=blob.name.encode(), stall_after=30_000_000) as (url, proxy):
        address = url + "/" + site.rpartition("/")[2]
        result = take(address, store, LARGE, stall_timeout=2)
        assert result.failed
        assert "was silent for 2 seconds. Run this again, what came is kept." in result.message
        assert not (store / "manifests").exists()
        came = (store / "blobs" / f"{blob.name}-unfinished").stat().st_size
        assert came > 20_000_000
        # All of it would no longer come.
        proxy.stall_after, proxy.cut_after = None, blob.stat().st_size - came + 10_000
        assert take(address, store, LARGE).changed
    assert weights(store, LARGE).read_bytes() == blob.read_bytes()


def test_a_run_that_is_killed_leaves_no_half_model_and_is_taken_up(source: Path, site: str, store: Path) -> None:
    blob = weights(source, LARGE)
    unfinished = store / "blobs" / f"{blob.name}-unfinished"
    with between(site, where=blob.name.encode(), stall_after=30_000_000) as (url, proxy):
        src = url + "/" + site.rpartition("/")[2]
        arguments = {"name": [LARGE], "src": src, "storage_path": str(store)}
        with start_module("ollama_model_files", arguments) as process:
            while not (unfinished.exists() and unfinished.stat().st_size > 20_000_000):
                assert process.poll() is None
                time.sleep(0.05)
            second = run_module("ollama_model_files", arguments, through_ansible=False)
            assert "is being written by another run" in second.message
            process.kill()
        assert not (store / "manifests").exists()
        assert not (store / "blobs" / blob.name).exists()
        proxy.stall_after, proxy.cut_after = None, blob.stat().st_size - unfinished.stat().st_size + 10_000
        assert take(src, store, LARGE).changed
    assert weights(store, LARGE).read_bytes() == blob.read_bytes()
    assert not unfinished.exists()


def test_what_was_left_of_something_else_does_no_harm(source: Path, store: Path) -> None:
    blob = weights(source, "llama3")
    (store / "blobs").mkdir(parents=True)
    (store / "blobs" / f"{blob.name}-unfinished").write_bytes(b"x" * 1_000_000)
    assert take(source, store, "llama3").changed
    assert weights(store, "llama3").read_bytes() == blob.read_bytes()


def small_disk(tmp_path: Path, folder: Path, options: str) -> str:
    """A Python for which a folder is a disk of its own."""
    folder.mkdir()
    python = tmp_path / "python"
    mount = f"mount -t tmpfs -o {options} tmpfs {folder}"
    python.write_text(
        f"""#!/bin/sh\nexec unshare --map-root-user --mount sh -c '{mount} && exec {sys.executable} "$@"' sh "$@"\n"""
    )
    python.chmod(0o755)
    return str(python)


def test_a_disk_without_room_is_refused_before_the_first_byte(source: Path, store: Path, tmp_path: Path) -> None:
    python = small_disk(tmp_path, store, "size=47000000")
    for check in (True, False):
        result = take(source, store, LARGE, "llama3", python=python, check=check, remote_src=True)
        assert result.message == (
            f"The models need 48 MB more ({LARGE}:latest 46 MB, llama3:latest 2 MB), and {store} has 47 MB free:"
            " make room for 1 MB there, or take models off the list. Nothing was copied."
        )


def test_a_disk_that_becomes_full_is_named(source: Path, store: Path, tmp_path: Path) -> None:
    # It has room for bytes, and for three files.
    python = small_disk(tmp_path, store, "size=47000000,nr_inodes=4")
    result = take(source, store, LARGE, python=python, remote_src=True)
    assert "cannot be written (No space left on device): see to that, and run this again" in result.message
