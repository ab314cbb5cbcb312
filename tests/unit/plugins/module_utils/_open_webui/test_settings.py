"""Settings: documented names outside, stored names inside, types checked, only differences written."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.selfhosted.llm.plugins.module_utils._errors import InvalidInput
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui import shaped_settings
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.settings import (
    KINDS,
    STORED_NAMES,
    check,
    documented,
    from_environment,
    from_params,
    is_secret,
    merge,
    plan,
    public,
    shadowed,
    to_stored,
)

TREES = st.recursive(st.booleans(), lambda below: st.dictionaries(st.sampled_from("abc"), below), max_leaves=8)
NOTHING_SHAPED = dict.fromkeys(("default_models", "model_order", "banners", "prompt_suggestions", "arena_models"))


def test_only_what_differs_is_written_under_its_stored_name() -> None:
    current = documented({"ui.enable_signup": True, "something.else": 1})
    assert current == {"ENABLE_SIGNUP": True}
    assert to_stored(plan(current, {"ENABLE_SIGNUP": False})) == {"ui.enable_signup": False}
    assert plan(current, {"ENABLE_SIGNUP": True}) == {}


def test_a_setting_that_this_server_does_not_have() -> None:
    with pytest.raises(InvalidInput, match="has no setting ENABLE_SIGNUP, which came with a later version"):
        plan(documented({}), {"ENABLE_SIGNUP": False})


def test_no_name_and_no_key_is_there_twice() -> None:
    assert sum(len(names) for names, _kind, _words in KINDS) == len(STORED_NAMES) == len(set(STORED_NAMES.values()))


@pytest.mark.parametrize(
    ("name", "value", "sent"),
    [
        ("ENABLE_SIGNUP", "no", False),
        ("ENABLE_SIGNUP", True, True),
        ("CHUNK_SIZE", "1500", 1500),
        ("RAG_HYBRID_BM25_WEIGHT", 1, 1.0),
        ("TASK_MODEL", "llama3", "llama3"),
        ("LDAP_SERVER_LABEL", 7, "7"),
        ("MODEL_ORDER_LIST", ["a"], ["a"]),
        ("DEFAULT_MODEL_PARAMS", {"a": 1}, {"a": 1}),
        ("RAG_FILE_MAX_SIZE", None, None),
        ("JWT_EXPIRES_IN", "4w", "4w"),
        ("DEFAULT_USER_ROLE", "pending", "pending"),
    ],
)
def test_values_get_their_type(name: str, value: Any, sent: Any) -> None:
    assert check(name, value) == sent
    assert type(check(name, value)) is type(sent)


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("ENABLE_SINGUP", True, "stores no setting ENABLE_SINGUP: did you mean ENABLE_SIGNUP?"),
        ("WHATEVER_IT_MAY_BE", 1, "take the name of the environment variable"),
        ("OLLAMA_BASE_URLS", [], "the module open_webui_connection keeps connections"),
        ("OAUTH_CLIENT_ID", "x", "reads single sign-on from its environment"),
        ("ENABLE_SIGNUP", "perhaps", "is 'perhaps', and must be true or false"),
        ("ENABLE_SIGNUP", None, "is None, and must be true or false"),
        ("CHUNK_SIZE", True, "is True, and must be a whole number"),
        ("CHUNK_SIZE", 1.5, "must be a whole number"),
        ("RAG_HYBRID_BM25_WEIGHT", "much", "must be a number"),
        ("TASK_MODEL", ["a"], "must be a text"),
        ("MODEL_ORDER_LIST", "a,b", "must be a list"),
        ("DEFAULT_MODEL_PARAMS", ["a"], "must be a dictionary"),
        ("DEFAULT_USER_ROLE", "boss", "is 'boss', and must be pending, user or admin"),
        ("JWT_EXPIRES_IN", "soon", "must be a time such as 4w"),
        ("RAG_EMBEDDING_ENGINE", "mine", "must be empty, ollama, openai or azure_openai"),
        ("BRAVE_SEARCH_API_KEY", ["canary"], "is something else, and must be a text"),
    ],
)
def test_what_the_server_would_store_and_never_forget(name: str, value: Any, sentence: str) -> None:
    with pytest.raises(InvalidInput, match="setting") as refused:
        check(name, value)
    assert sentence in str(refused.value)
    assert "canary" not in str(refused.value)


def test_a_secret_is_given_where_nobody_shows_it() -> None:
    with pytest.raises(InvalidInput, match="BRAVE_SEARCH_API_KEY holds a secret: give it under secret_settings"):
        from_params({"BRAVE_SEARCH_API_KEY": "x"}, {}, {})
    with pytest.raises(InvalidInput, match="ENABLE_SIGNUP is no secret"):
        from_params({}, {"ENABLE_SIGNUP": True}, {})
    assert from_params({}, {"BRAVE_SEARCH_API_KEY": "x"}, {}) == {"BRAVE_SEARCH_API_KEY": "x"}


def test_a_setting_that_is_given_in_two_forms() -> None:
    with pytest.raises(InvalidInput, match="DEFAULT_MODELS is given twice"):
        from_params({"DEFAULT_MODELS": "a"}, {}, {"DEFAULT_MODELS": "b"})


def test_of_a_secret_nothing_is_told_but_whether_there_is_one() -> None:
    before, after = {"BRAVE_SEARCH_API_KEY": "old"}, {"BRAVE_SEARCH_API_KEY": "new"}
    assert public(after, before) == {"BRAVE_SEARCH_API_KEY": "set to something else"}
    assert public(after, after) == {"BRAVE_SEARCH_API_KEY": "set"}
    assert public({"BRAVE_SEARCH_API_KEY": ""}, after) == {"BRAVE_SEARCH_API_KEY": "not set"}
    assert public(after, {"BRAVE_SEARCH_API_KEY": ""}) == {"BRAVE_SEARCH_API_KEY": "set"}


def test_what_is_a_secret() -> None:
    secrets = ("RAG_OPENAI_API_KEY", "LDAP_APP_PASSWORD", "PADDLEOCR_VL_TOKEN", "TOOL_SERVER_CONNECTIONS")
    others = ("ENABLE_API_KEYS", "CONTEXT_COMPACTION_TOKEN_CAP", "ENABLE_DIRECT_CONNECTIONS", "RAG_TOKENIZER_MODEL")
    assert all(is_secret(name) for name in secrets)
    assert not any(is_secret(name) for name in others)


@given(TREES, TREES)
def test_a_tree_takes_the_branches_of_another_once(current: Any, wanted: Any) -> None:
    merged = merge(current, wanted)
    assert merge(merged, wanted) == merged
    if isinstance(current, dict) and isinstance(wanted, dict):
        assert set(merged) == set(current) | set(wanted)


def test_permissions_that_are_not_named_stay() -> None:
    current = {"USER_PERMISSIONS": {"chat": {"edit": True, "stt": True}, "features": {"notes": True}}}
    wanted = {"USER_PERMISSIONS": {"chat": {"edit": False}}}
    assert plan(current, wanted)["USER_PERMISSIONS"] == {
        "chat": {"edit": False, "stt": True},
        "features": {"notes": True},
    }


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("ENABLE_SIGNUP", "True", True),
        ("ENABLE_SIGNUP", "1", False),
        ("CHUNK_SIZE", "1000", 1000),
        ("RAG_FILE_MAX_SIZE", "", None),
        ("RAG_ALLOWED_FILE_EXTENSIONS", "pdf, md,", ["pdf", "md"]),
        ("MODEL_ORDER_LIST", '["a"]', ["a"]),
        ("DEFAULT_MODEL_PARAMS", '{"a": 1}', {"a": 1}),
    ],
)
def test_the_environment_is_read_as_the_server_reads_it(name: str, text: str, value: Any) -> None:
    assert from_environment(name, text) == value


def test_what_the_environment_says_in_vain() -> None:
    current = {"ENABLE_SIGNUP": False, "CHUNK_SIZE": 1000}
    environment = {"ENABLE_SIGNUP": "true", "CHUNK_SIZE": "1000", "PORT": "8080"}
    [found] = shadowed(environment, current)
    assert (found.name, found.environment, found.stored) == ("ENABLE_SIGNUP", True, False)


def test_a_banner_that_says_something_else_is_another() -> None:
    banner = {"type": "info", "title": "", "content": "Hello", "dismissible": True}

    def stored(**changes: Any) -> dict[str, Any]:
        shaped = shaped_settings.from_params({**NOTHING_SHAPED, "banners": [{**banner, **changes}]})
        return dict(shaped["WEBUI_BANNERS"][0])

    assert stored() == stored()
    assert stored()["id"] != stored(content="Good night")["id"]


def test_an_arena_needs_two() -> None:
    model = {"id": "arena", "name": None, "description": "", "models": ["one"]}
    with pytest.raises(InvalidInput, match="needs two or more"):
        shaped_settings.from_params({**NOTHING_SHAPED, "arena_models": [model]})


def test_nothing_is_said_of_what_a_task_does_not_give() -> None:
    assert shaped_settings.from_params(NOTHING_SHAPED) == {}
