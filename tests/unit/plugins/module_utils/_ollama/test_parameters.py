"""Parameters: what the server would store although it cannot work is refused, and what it shows is understood."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.selfhosted.llm.plugins.module_utils._errors import InvalidInput
from ansible_collections.selfhosted.llm.plugins.module_utils._ollama.parameters import check, normalise, parse_shown


@pytest.mark.parametrize(
    ("name", "given_value", "sent"),
    [
        ("num_ctx", 4096, 4096),
        ("num_ctx", "4096", 4096),
        ("num_ctx", 4096.0, 4096),
        ("temperature", 0, 0.0),
        ("temperature", "0.7", 0.7),
        ("use_mmap", "yes", True),
        ("use_mmap", False, False),
        ("stop", "x", ["x"]),
        ("stop", ["x", "y"], ["x", "y"]),
        ("stop", [], []),
    ],
)
def test_what_templates_left_as_strings_is_converted(name: str, given_value: Any, sent: Any) -> None:
    value = check("m", {name: given_value})[name]
    assert value == sent
    assert type(value) is type(sent)


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ({"temperature": "hot"}, "temperature is 'hot', and must be a number"),
        ({"temperature": True}, "must be a number"),
        ({"temperature": None}, "must be a number"),
        ({"num_ctx": 1.5}, "must be a whole number"),
        ({"num_ctx": True}, "must be a whole number"),
        ({"num_ctx": []}, "must be a whole number"),
        ({"use_mmap": "maybe"}, "must be true or false"),
        ({"stop": [1]}, "must be a list of strings"),
        ({"stop": {}}, "must be a list of strings"),
        ({"temprature": 1}, "did you mean temperature?"),
        ({"zzz": 1}, "it knows frequency_penalty, "),
    ],
)
def test_what_cannot_work_is_refused(parameters: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InvalidInput, match="Model 'm': ") as caught:
        check("m", parameters)
    assert sentence in str(caught.value)


def test_what_the_server_shows_is_understood() -> None:
    """As Ollama 0.24.0 showed it."""
    text = (
        "temperature                    0.7\n"
        "num_predict                    1e+08\n"
        "seed                           1.234567e+06\n"
        "use_mmap                       true\n"
        'stop                           "say \\"hi\\""\n'
        'stop                           "a\\nb\\t\\x01\\u00a0\\U0001f600"\n'
        "odd                            <nil>"
    )
    assert parse_shown(text) == {
        "temperature": [0.7],
        "num_predict": [1e8],
        "seed": [1234567.0],
        "use_mmap": [True],
        "stop": ['say "hi"', "a\nb\t\x01\u00a0\U0001f600"],
        "odd": ["<nil>"],
    }


def test_no_parameters_at_all() -> None:
    assert parse_shown("") == {}
    assert normalise({"stop": []}) == {}


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "temperature": st.floats(allow_nan=False, allow_infinity=False),
            "num_ctx": st.integers(min_value=-(2**50), max_value=2**50),
            "use_mmap": st.booleans(),
            # JSON's escapes are all among Go's, but for letters beyond 16 bits.
            "stop": st.lists(st.text(st.characters(max_codepoint=0xFFFF, exclude_categories=["Cs"])), min_size=1),
        },
    )
)
def test_what_is_sent_and_what_is_shown_compare_as_equal(parameters: dict[str, Any]) -> None:
    lines = [
        f"{name:<30} {json.dumps(float(one) if name == 'num_ctx' else one)}"
        for name, value in parameters.items()
        for one in (value if isinstance(value, list) else [value])
    ]
    assert parse_shown("\n".join(lines)) == normalise(check("m", parameters))
