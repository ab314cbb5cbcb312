"""What a registry's answers mean."""

from __future__ import annotations

import hashlib
import json

import pytest

from ansible_collections.selfhosted.llm.plugins.module_utils._ollama.registry import parse_challenge, parse_manifest

CONFIG = {"mediaType": "application/vnd.docker.container.image.v1+json", "digest": "sha256:c0", "size": 3}
LAYERS = [{"digest": "sha256:a1", "size": 5}, {"digest": "sha256:b2", "size": 7}]


def test_the_digest_is_that_of_the_bytes_as_they_came() -> None:
    body = json.dumps({"layers": LAYERS, "config": CONFIG}, indent=3).encode()
    manifest = parse_manifest(body)
    assert manifest is not None
    assert manifest.digest == hashlib.sha256(body).hexdigest()
    assert manifest.blobs == {"a1": 5, "b2": 7, "c0": 3}


def test_weights_are_what_is_loaded_into_memory() -> None:
    kinds = ("model", "projector", "adapter", "tensor", "license", "template", "params", "json")
    layers = [
        {"mediaType": f"application/vnd.ollama.image.{kind}", "digest": f"sha256:{kind}", "size": 10**power}
        for power, kind in enumerate(kinds)
    ]
    manifest = parse_manifest(json.dumps({"layers": layers, "config": CONFIG}).encode())
    assert manifest is not None
    assert manifest.weights == 1111


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"{}",
        b"[]",
        b"null",
        b'{"layers": null, "config": {}}',
        b'{"layers": [1], "config": {}}',
        b"\xff",
    ],
)
def test_what_is_no_manifest(body: bytes) -> None:
    assert parse_manifest(body) is None


def test_a_challenge_for_a_token() -> None:
    header = 'Bearer realm="https://a.example/token",service="r",scope="repository:library/llama3:pull"'
    assert parse_challenge(header) == {
        "realm": "https://a.example/token",
        "service": "r",
        "scope": "repository:library/llama3:pull",
    }


@pytest.mark.parametrize("header", ["", 'Basic realm="x"'])
def test_no_challenge_for_a_token(header: str) -> None:
    assert parse_challenge(header) is None
