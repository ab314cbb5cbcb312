"""What a model of one's own should be, and in what it differs from that."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.selfhosted.llm.plugins.module_utils._errors import InvalidInput
from ansible_collections.selfhosted.llm.plugins.module_utils._ollama.custom import (
    ORIGIN,
    Recipe,
    Shown,
    drift,
    expected,
    from_params,
    from_reply,
    refuse_twice,
    request,
)
from ansible_collections.selfhosted.llm.plugins.module_utils._ollama.name import parse
from ansible_collections.selfhosted.llm.plugins.module_utils._ollama.weights import File

WEIGHTS = "a" * 64
BASE = Shown(WEIGHTS, (), "Base.", "{{ .Prompt }}", {"top_k": [5.0], "stop": ["x"]}, (("user", "Hi"),), "MIT")
FILE = File("sha256-bb.gguf", "bb", "/house.gguf")
PARAMS: dict[str, Any] = {
    "name": "own",
    "state": "present",
    "from": "base",
    "path": None,
    "system": None,
    "template": None,
    "parameters": None,
    "messages": None,
    "license": None,
    "quantize": None,
}


def recipe(**given: Any) -> Recipe:
    return from_params({**PARAMS, **given}, [], [])


def house(**given: Any) -> Recipe:
    return from_params({**PARAMS, "from": None, "path": "/house.gguf", **given}, [FILE], [])


def test_what_is_not_set_comes_from_the_base() -> None:
    assert expected(recipe(), BASE) == BASE


def test_what_is_set_replaces_and_licenses_add_up() -> None:
    own = recipe(
        system="Own.",
        template="T",
        parameters={"top_k": 7, "seed": 1, "stop": []},
        messages=[{"role": "user", "content": "Ho"}],
        license=["Mine"],
    )
    wanted = expected(own, BASE)
    assert wanted == Shown(WEIGHTS, (), "Own.", "T", {"top_k": [7.0], "seed": [1.0]}, (("user", "Ho"),), "MIT\nMine")
    assert request(own, wanted) == {
        "model": "own:latest",
        "from": "base:latest",
        "system": "Own.",
        "template": "T",
        "parameters": {"top_k": 7, "seed": 1, "stop": []},
        "messages": [{"role": "user", "content": "Ho"}],
        "license": ["Mine"],
    }


def test_a_system_prompt_of_the_base_cannot_be_taken_away() -> None:
    with pytest.raises(InvalidInput, match="cannot take a system prompt away that comes from 'base:latest'"):
        expected(recipe(system=""), BASE)


@pytest.mark.parametrize("field", ["weights", "system", "template", "parameters", "messages", "license", "adapters"])
def test_each_field_that_differs_is_named(field: str) -> None:
    other: Any = {"parameters": {"seed": [1.0]}, "messages": (), "adapters": ("c",)}.get(field, "other")
    assert drift(recipe(), BASE, dataclasses.replace(BASE, **{field: other})) == [field]


def test_a_model_from_files_tells_of_them_in_its_license() -> None:
    own = house(license=["Mine"], parameters={"seed": 1})
    wanted = expected(own, None)
    assert wanted.license.startswith(f"Mine\n{ORIGIN}")
    assert request(own, wanted)["license"] == wanted.license.splitlines()
    assert request(own, wanted)["files"] == {"sha256-bb.gguf": "sha256:bb"}
    made = Shown("cc", (), "", "made up", {"seed": [1.0], "stop": ["made up"]}, (), wanted.license)
    assert drift(own, wanted, made) == []
    assert drift(own, wanted, dataclasses.replace(made, parameters={"seed": [2.0]})) == ["parameters"]
    assert drift(house(license=["Mine"], parameters={"seed": 1}, quantize="Q8_0"), wanted, made) == []


@pytest.mark.parametrize(
    "other",
    [
        lambda: expected(house(quantize="Q8_0"), None),
        lambda: expected(from_params({**PARAMS, "from": None, "path": "/x"}, [File("sha256-cc.gguf", "cc")], []), None),
        lambda: expected(recipe(quantize="Q8_0"), BASE),
        lambda: expected(recipe(quantize="Q8_0"), dataclasses.replace(BASE, weights="d" * 64)),
    ],
)
def test_another_origin_is_another_line(other: Any) -> None:
    assert other().license.splitlines()[-1] != expected(house(), None).license


def test_what_the_server_shows_is_read() -> None:
    """As Ollama 0.24.0 showed it."""
    reply = {
        "modelfile": f"# FROM own:latest\n\nFROM /root/.ollama/models/blobs/sha256-{WEIGHTS}\n"
        f"ADAPTER /root/.ollama/models/blobs/sha256-{'b' * 64}\nTEMPLATE T\n",
        "template": "T",
        "parameters": "seed                           7",
        "messages": [{"role": "user", "content": "Hi"}],
    }
    assert from_reply(reply) == Shown(WEIGHTS, ("b" * 64,), "", "T", {"seed": [7.0]}, (("user", "Hi"),), "")


@pytest.mark.parametrize(
    ("given_params", "sentence"),
    [
        ({"from": "own:latest"}, "made from itself"),
        ({"from": None}, "needs one of from and path"),
        ({"path": "/x"}, "needs one of from and path"),
        ({"parameters": {"seed": "x"}}, "whole number"),
    ],
)
def test_what_cannot_be_right_is_refused(given_params: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InvalidInput, match=sentence):
        recipe(**given_params)


def test_one_model_twice_is_refused() -> None:
    with pytest.raises(InvalidInput, match="names 'OWN:latest' twice"):
        refuse_twice([recipe(), recipe(name="OWN")])


TEXT = st.text(max_size=5)


@given(
    st.builds(
        Recipe,
        name=st.just(parse("own")),
        present=st.just(True),
        base=st.just(parse("base")),
        system=st.none() | TEXT.filter(bool),
        template=st.none() | TEXT,
        parameters=st.dictionaries(st.sampled_from(["stop"]), st.lists(TEXT)),
        messages=st.lists(st.tuples(st.just("user"), TEXT)).map(tuple),
        license=st.lists(TEXT).map(tuple),
        quantize=st.none() | st.just("Q8_0"),
    )
)
def test_a_model_that_is_as_it_should_be_needs_nothing(own: Recipe) -> None:
    wanted = expected(own, BASE)
    assert drift(own, wanted, wanted) == []
