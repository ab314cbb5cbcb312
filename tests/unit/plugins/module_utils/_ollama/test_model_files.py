"""What a store lacks of what a source offers, and what is told of it."""

from __future__ import annotations

import hashlib
import json

import pytest

from ansible_collections.selfhosted.llm.plugins.module_utils._errors import InvalidInput
from ansible_collections.selfhosted.llm.plugins.module_utils._ollama.model_files import (
    Offer,
    describe,
    listing,
    parts,
    plan,
    understand,
)
from ansible_collections.selfhosted.llm.plugins.module_utils._ollama.name import parse

A, B, C = ("a" * 64, "b" * 64, "c" * 64)


def offer(name: str, blobs: dict[str, int], *, digest: str = "") -> Offer:
    layers = [{"digest": f"sha256:{digest or blob}", "size": size} for blob, size in blobs.items()]
    return understand(parse(name), json.dumps({"layers": layers[:-1], "config": layers[-1]}).encode(), "/bundle")


def test_a_manifest_is_where_ollama_has_it() -> None:
    assert parts(parse("llama3")) == ("manifests", "registry.ollama.ai", "library", "llama3", "latest")
    assert parts(parse("hf.co/me/it:Q4")) == ("manifests", "hf.co", "me", "it", "Q4")


@pytest.mark.parametrize("digest", ["../../etc/passwd", "A" * 64, "a" * 63])
def test_a_digest_that_would_be_another_path_is_refused(digest: str) -> None:
    with pytest.raises(InvalidInput, match="/library/m/latest is no manifest of a model"):
        offer("m", {A: 1}, digest=digest)


def test_what_is_no_manifest_is_refused() -> None:
    with pytest.raises(InvalidInput, match="is no manifest of a model"):
        understand(parse("m"), b"<html>", "/bundle")


def test_each_model_gets_what_it_lacks_and_what_they_share_comes_once() -> None:
    same, new, newer = offer("s", {C: 4}), offer("new", {A: 1, B: 2}), offer("newer", {B: 2, C: 4})
    there = {newer.name: b"older", same.name: same.body}
    entries = describe(plan([same, new, newer], there, lambda digest, size: (digest, size) == (C, 4)))
    assert [(entry["name"], entry["action"], entry["bytes"]) for entry in entries] == [
        ("s:latest", "none", 0),
        ("new:latest", "copied", 3),
        ("newer:latest", "updated", 0),
    ]


def test_a_model_that_lacks_a_layer_differs_from_the_one_that_it_becomes() -> None:
    holed = offer("h", {A: 1, B: 2})
    entries = describe(plan([holed], {holed.name: holed.body}, lambda digest, _size: digest == A))
    assert (entries[0]["action"], entries[0]["bytes"], entries[0]["size"]) == ("mended", 2, 3)
    digest = hashlib.sha256(holed.body).hexdigest()
    assert listing(entries) == ({"h:latest": f"{digest}, incomplete"}, {"h:latest": digest})


def test_a_layer_of_another_size_is_not_the_one() -> None:
    whole = offer("w", {A: 10})
    entries = describe(plan([whole], {}, lambda digest, size: (digest, size) == (A, 9)))
    assert entries[0]["bytes"] == 10
