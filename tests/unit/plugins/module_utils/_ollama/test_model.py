"""The plan: pull what is missing, delete what must not be there, touch nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.selfhosted.llm.plugins.module_utils._errors import InvalidInput
from ansible_collections.selfhosted.llm.plugins.module_utils._ollama.model import (
    Model,
    Wanted,
    from_params,
    from_reply,
    plan,
)
from ansible_collections.selfhosted.llm.plugins.module_utils._ollama.name import parse


def there(name: str) -> Model:
    return Model(parse(name), digest="0" * 64, size=1)


NAMES = st.sampled_from(["llama3", "mistral", "llama3.2:1b", "someone/llama3", "phi"])
MODELS = st.lists(NAMES, unique=True).map(lambda names: [there(name) for name in names])
WANTED = st.dictionaries(NAMES, st.booleans()).map(
    lambda states: [Wanted(parse(name), present) for name, present in states.items()]
)


def test_an_element_of_the_list_of_tags_is_read() -> None:
    model = from_reply({"name": "llama3:latest", "digest": "ab", "size": 7, "details": {}})
    assert (str(model.name), model.digest, model.size) == ("llama3:latest", "ab", 7)


def test_missing_is_pulled_and_unwanted_deleted() -> None:
    planned = plan([there("mistral")], [Wanted(parse("llama3"), True), Wanted(parse("mistral:latest"), False)])
    assert ([str(name) for name in planned.pull], [str(name) for name in planned.delete]) == (
        ["llama3:latest"],
        ["mistral:latest"],
    )


def test_a_model_that_is_there_in_other_letters_is_deleted_as_the_server_spells_it() -> None:
    planned = plan([there("Mistral")], [Wanted(parse("mistral"), False)])
    assert [str(name) for name in planned.delete] == ["Mistral:latest"]


def test_one_model_twice_in_the_list_is_refused() -> None:
    both = [{"name": "llama3", "state": "present"}, {"name": "library/llama3:latest", "state": "absent"}]
    with pytest.raises(InvalidInput, match="as 'llama3' and as 'library/llama3:latest'"):
        from_params(both)


@given(MODELS, WANTED)
def test_after_the_plan_there_is_nothing_left_to_do(current: list[Model], wanted: list[Wanted]) -> None:
    todo = plan(current, wanted)
    deleted = {name.key for name in todo.delete}
    after = [model for model in current if model.name.key not in deleted]
    after += [Model(name, "1" * 64, 1) for name in todo.pull]
    again = plan(after, wanted)
    assert (again.pull, again.delete) == ((), ())


@given(MODELS, WANTED)
def test_what_the_list_does_not_name_stays(current: list[Model], wanted: list[Wanted]) -> None:
    named = {item.name.key for item in wanted}
    assert all(name.key in named for name in plan(current, wanted).delete)
