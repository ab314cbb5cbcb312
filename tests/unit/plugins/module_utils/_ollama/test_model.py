"""The plan: pull what is missing or moved, delete what must not be there, touch nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.selfhosted.llm.plugins.module_utils._errors import InvalidInput
from ansible_collections.selfhosted.llm.plugins.module_utils._ollama.model import (
    Model,
    Plan,
    Wanted,
    from_params,
    from_reply,
    missed_pins,
    plan,
    to_ask,
)
from ansible_collections.selfhosted.llm.plugins.module_utils._ollama.name import Name, parse
from ansible_collections.selfhosted.llm.plugins.module_utils._ollama.registry import Answer, Manifest, Unknown

OLD, NEW = "0" * 64, "1" * 64
PRIVATE = Unknown("is private", private=True)
SILENT = Unknown("is silent")


def there(name: str, digest: str = OLD) -> Model:
    return Model(parse(name), digest, size=1)


def offered(digest: str) -> Manifest:
    return Manifest(digest, {})


def latest(name: str) -> list[Wanted]:
    return [Wanted(parse(name), "latest")]


def shown(names: tuple[Name, ...]) -> list[str]:
    return [str(name) for name in names]


NAMES = st.sampled_from(["llama3", "mistral", "llama3.2:1b", "someone/llama3", "phi"])
MODELS = st.lists(NAMES, unique=True).map(lambda names: [there(name) for name in names])
WANTED = st.dictionaries(NAMES, st.sampled_from(["present", "latest", "absent"])).map(
    lambda states: [Wanted(parse(name), state) for name, state in states.items()]
)
OFFERS = st.fixed_dictionaries(
    {name: st.sampled_from([OLD, NEW]) for name in ("llama3", "mistral", "llama3.2:1b", "someone/llama3", "phi")}
).map(lambda offers: {parse(name): offered(digest) for name, digest in offers.items()})


def test_an_element_of_the_list_of_tags_is_read() -> None:
    model = from_reply({"name": "llama3:latest", "digest": "ab", "size": 7, "details": {}})
    assert (str(model.name), model.digest, model.size) == ("llama3:latest", "ab", 7)


def test_missing_is_pulled_and_unwanted_deleted() -> None:
    wanted = [Wanted(parse("llama3"), "present"), Wanted(parse("mistral:latest"), "absent")]
    planned = plan([there("mistral")], wanted)
    assert (shown(planned.pull), shown(planned.delete)) == (["llama3:latest"], ["mistral:latest"])


def test_a_model_that_is_there_in_other_letters_is_deleted_as_the_server_spells_it() -> None:
    planned = plan([there("Mistral")], [Wanted(parse("mistral"), "absent")])
    assert shown(planned.delete) == ["Mistral:latest"]


def test_exclusive_deletes_what_is_not_named_and_only_that() -> None:
    current = [there("llama3"), there("phi"), there("own")]
    planned = plan(current, [Wanted(parse("LLAMA3"), "present")], exclusive=True, keep=[parse("own")])
    assert (planned.pull, shown(planned.delete)) == ((), ["phi:latest"])


@pytest.mark.parametrize(
    ("answer", "pulled"), [(offered(OLD), []), (offered(NEW), ["llama3:latest"]), (PRIVATE, ["llama3:latest"])]
)
def test_the_registry_tells_whether_the_latest_is_there(answer: Answer, pulled: list[str]) -> None:
    planned = plan([there("llama3")], latest("llama3"), {parse("llama3"): answer})
    assert shown(planned.pull) == pulled
    assert shown(planned.undecided) == (pulled if answer is PRIVATE else [])


def test_a_registry_that_does_not_tell() -> None:
    answers: dict[Name, Answer] = {parse("llama3"): SILENT}
    with pytest.raises(InvalidInput, match="'llama3:latest' is the latest cannot be told: is silent"):
        plan([there("llama3")], latest("llama3"), answers)
    planned = plan([there("llama3")], latest("llama3"), answers, keep_unknown=True)
    assert planned == Plan((), (), kept=((parse("llama3"), "is silent"),))


def test_the_latest_of_a_model_that_is_missing_is_pulled_without_asking() -> None:
    assert to_ask([], latest("llama3")) == []
    assert shown(plan([], latest("llama3")).pull) == ["llama3:latest"]


def test_a_pin_that_is_met_needs_no_registry() -> None:
    wanted = [Wanted(parse("llama3"), "present", OLD)]
    assert to_ask([there("llama3")], wanted) == []
    assert plan([there("llama3")], wanted) == Plan((), ())
    assert missed_pins(wanted, [there("llama3")]) == []


@pytest.mark.parametrize("current", [[], [there("llama3")]])
def test_a_pin_that_the_registry_offers_is_pulled(current: list[Model]) -> None:
    wanted = [Wanted(parse("llama3"), "present", NEW)]
    assert to_ask(current, wanted) == [parse("llama3")]
    assert shown(plan(current, wanted, {parse("llama3"): offered(NEW)}).pull) == ["llama3:latest"]


@pytest.mark.parametrize(
    ("current", "answer", "sentence"),
    [
        ([], offered(NEW), "the server does not have it, and the registry registry.ollama.ai offers sha256:111"),
        ([there("llama3", NEW)], offered(NEW), "the server has sha256:111"),
        ([], SILENT, "and is silent: nothing was pulled"),
    ],
)
def test_a_pin_that_nobody_offers_is_refused(current: list[Model], answer: Answer, sentence: str) -> None:
    with pytest.raises(InvalidInput, match=sentence):
        plan(current, [Wanted(parse("llama3"), "present", OLD)], {parse("llama3"): answer})


def test_what_came_instead_of_the_pinned_is_told() -> None:
    [sentence] = missed_pins([Wanted(parse("llama3"), "present", OLD)], [there("llama3", NEW)])
    assert f"is pinned to sha256:{OLD}, and came as sha256:{NEW}" in sentence


@pytest.mark.parametrize("digest", [OLD, f"sha256:{OLD}", OLD.replace("0", "A")])
def test_a_digest_may_be_spelt_in_more_than_one_way(digest: str) -> None:
    [wanted] = from_params([{"name": "llama3", "state": "present", "digest": digest}])
    assert wanted.digest == digest.removeprefix("sha256:").lower()


@pytest.mark.parametrize(
    ("model", "sentence"),
    [
        ({"state": "present", "digest": "0" * 63}, "must be 64 hexadecimal digits"),
        ({"state": "present", "digest": "g" * 64}, "must be 64 hexadecimal digits"),
        ({"state": "latest", "digest": OLD}, "a digest goes with present"),
    ],
)
def test_a_digest_that_cannot_be_right_is_refused(model: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InvalidInput, match=sentence):
        from_params([{"name": "llama3", **model}])


def test_one_model_twice_in_the_list_is_refused() -> None:
    both = [{"name": "llama3", "state": "present"}, {"name": "library/llama3:latest", "state": "absent"}]
    with pytest.raises(InvalidInput, match="as 'llama3' and as 'library/llama3:latest'"):
        from_params(both)


@given(MODELS, WANTED, OFFERS, st.booleans())
def test_after_the_plan_there_is_nothing_left_to_do(
    current: list[Model], wanted: list[Wanted], offers: dict[Name, Answer], exclusive: bool
) -> None:
    todo = plan(current, wanted, {name: offers[name] for name in to_ask(current, wanted)}, exclusive=exclusive)
    gone = {name.key for name in (*todo.delete, *todo.pull)}
    after = [model for model in current if model.name.key not in gone]
    after += [Model(name, offers[name].digest, 1) for name in todo.pull]  # type: ignore[union-attr]
    answers = {name: offers[name] for name in to_ask(after, wanted)}
    assert plan(after, wanted, answers, exclusive=exclusive) == Plan((), ())


@given(MODELS, WANTED, OFFERS)
def test_what_the_list_does_not_name_stays(
    current: list[Model], wanted: list[Wanted], offers: dict[Name, Answer]
) -> None:
    named = {item.name.key for item in wanted}
    todo = plan(current, wanted, offers)
    assert all(name.key in named for name in (*todo.pull, *todo.delete))
