"""open_webui_settings on a real Open WebUI."""

from __future__ import annotations

from typing import Any

import pytest
import requests
from modules import Result, run_module
from servers import call

SECRET = "canary-search-key"


def settings(admin: dict[str, str], *, check: bool = False, **arguments: Any) -> Result:
    return run_module("open_webui_settings", {**admin, **arguments}, check=check)


def stored(admin: dict[str, str]) -> dict[str, Any]:
    return dict(call(admin, "GET", "/api/v1/configs/export"))


def prove(admin: dict[str, str], **arguments: Any) -> Result:
    """The result of a run; check mode told it before and changed nothing, and afterwards nothing is left to do."""
    before = stored(admin)
    promised = settings(admin, check=True, **arguments)
    assert stored(admin) == before
    done = settings(admin, **arguments)
    assert not done.failed, done.message
    assert promised.diff == done.diff
    assert promised.values["settings"] == done.values["settings"]
    assert promised.changed == done.changed
    for check in (True, False):
        assert not settings(admin, check=check, **arguments).changed
    return done


@pytest.mark.every_version
@pytest.mark.parametrize("wanted", [True, False])
def test_a_setting_follows_in_check_mode_not_then_for_real_then_no_more(admin: dict[str, str], wanted: bool) -> None:
    settings(admin, settings={"ENABLE_SIGNUP": not wanted})
    done = prove(admin, settings={"ENABLE_SIGNUP": wanted})
    assert done.diff["before"] == {"ENABLE_SIGNUP": not wanted}
    assert done.diff["after"] == {"ENABLE_SIGNUP": wanted}
    assert call(admin, "GET", "/api/config")["features"]["enable_signup"] is wanted


def test_other_settings_stay_as_they_are(admin: dict[str, str]) -> None:
    before = stored(admin)
    settings(admin, settings={"ENABLE_SIGNUP": not before["ui.enable_signup"], "CHUNK_SIZE": before["rag.chunk_size"]})
    after = stored(admin)
    assert {key for key in before | after if before.get(key) != after.get(key)} == {"ui.enable_signup"}


@pytest.mark.every_version
def test_settings_of_all_types(admin: dict[str, str]) -> None:
    wanted = {
        "ENABLE_MESSAGE_RATING": False,
        "CHUNK_SIZE": 777,
        "RAG_RELEVANCE_THRESHOLD": 0.25,
        "TASK_MODEL": "llama3:latest",
        "RAG_ALLOWED_FILE_EXTENSIONS": ["md", "txt"],
        "DEFAULT_MODEL_PARAMS": {"temperature": 0.5},
        "RAG_FILE_MAX_SIZE": 50,
        "USER_PERMISSIONS": {"workspace": {"prompts": True}, "features": {"notes": False}},
    }
    before = stored(admin)
    prove(admin, settings=wanted)
    after = stored(admin)
    assert after["rag.file.max_size"] == 50
    assert after["user.permissions"]["workspace"] == {**before["user.permissions"]["workspace"], "prompts": True}
    prove(admin, settings={"RAG_FILE_MAX_SIZE": None})
    assert stored(admin)["rag.file.max_size"] is None


def test_what_people_see_first(admin: dict[str, str]) -> None:
    done = prove(
        admin,
        default_models=["llama3:latest", "mistral:latest"],
        model_order=["mistral:latest", "llama3:latest"],
        banners=[{"content": "Mind the 🦙", "type": "warning"}],
        prompt_suggestions=[{"title": "Explain", "subtitle": "in short", "content": "Explain \"this\" / 'that'"}],
        arena_models=[{"id": "arena", "models": ["llama3:latest", "mistral:latest"]}],
    )
    assert set(done.values["settings"]) == {
        "DEFAULT_MODELS",
        "MODEL_ORDER_LIST",
        "WEBUI_BANNERS",
        "DEFAULT_PROMPT_SUGGESTIONS",
        "EVALUATION_ARENA_MODELS",
    }
    assert [banner["content"] for banner in call(admin, "GET", "/api/v1/configs/banners")] == ["Mind the 🦙"]
    seen = call(admin, "GET", "/api/config")
    assert seen["default_models"] == "llama3:latest,mistral:latest"
    assert seen["default_prompt_suggestions"][0]["title"] == ["Explain", "in short"]
    arena = call(admin, "GET", "/api/v1/evaluations/config")
    assert arena["EVALUATION_ARENA_MODELS"][0]["meta"]["model_ids"] == ["llama3:latest", "mistral:latest"]
    prove(admin, banners=[], prompt_suggestions=[], arena_models=[], default_models=[], model_order=[])
    assert call(admin, "GET", "/api/v1/configs/banners") == []


def test_a_secret_is_kept_compared_and_not_shown(admin: dict[str, str]) -> None:
    arguments: dict[str, Any] = {"secret_settings": {"BRAVE_SEARCH_API_KEY": SECRET}}
    done = prove(admin, **arguments)
    assert stored(admin)["web.search.brave_search_api_key"] == SECRET
    assert done.values["settings"] == {"BRAVE_SEARCH_API_KEY": "set"}
    settings(admin, secret_settings={"BRAVE_SEARCH_API_KEY": f"{SECRET}-other"})
    loud = run_module("open_webui_settings", {**admin, **arguments}, verbosity=3)
    assert loud.changed
    assert loud.diff["after"] == {"BRAVE_SEARCH_API_KEY": "set to something else"}
    assert SECRET not in loud.output


def test_a_model_for_embeddings_is_put_to_work_at_once(admin: dict[str, str]) -> None:
    settings(admin, settings={"RAG_EMBEDDING_MODEL": "no-such-model"})
    text = {"content": "The puppy plays outside.", "collection_name": "trial", "name": "trial"}
    with pytest.raises(AssertionError, match=r"no-such-model|embedding|400|500"):
        process(admin, text)
    prove(admin, settings={"RAG_EMBEDDING_MODEL": "all-minilm"})
    assert process(admin, text)["status"]


def process(admin: dict[str, str], body: dict[str, Any]) -> Any:
    """Have the server embed a text."""
    headers = {"Authorization": f"Bearer {admin['api_token']}"}
    reply = requests.post(f"{admin['api_url']}/api/v1/retrieval/process/text", json=body, headers=headers, timeout=60)
    assert reply.ok, f"{reply.status_code} {reply.text}"
    return reply.json()


@pytest.mark.every_version
@pytest.mark.parametrize("policy", ["warn", "fail", "reconcile"])
def test_what_the_environment_sets_in_vain(admin: dict[str, str], policy: str) -> None:
    settings(admin, settings={"DEFAULT_USER_ROLE": "pending", "CHUNK_SIZE": 1000, "TASK_MODEL": "by-hand"})
    environment = {
        "DEFAULT_USER_ROLE": "user",
        "CHUNK_SIZE": "1000",
        "TASK_MODEL": "from-environment",
        "WEBUI_SECRET_KEY": "canary-key",
    }
    arguments: dict[str, Any] = {
        "environment": environment,
        "settings": {"TASK_MODEL": "declared"},
        "on_shadowed": policy,
    }
    result = settings(admin, **arguments)
    sentence = (
        f"The environment of Open WebUI at {admin['api_url']} sets DEFAULT_USER_ROLE, and other values are stored"
    )
    role = stored(admin)["ui.default_user_role"]
    if policy == "fail":
        assert result.failed
        assert sentence in result.message
        assert stored(admin)["task.model.default"] == "by-hand", "nothing was changed"
    else:
        assert result.values["shadowed"] == [{"name": "DEFAULT_USER_ROLE", "environment": "user", "stored": "pending"}]
        assert stored(admin)["task.model.default"] == "declared"
    assert (sentence in result.output) is (policy != "reconcile")
    assert role == ("user" if policy == "reconcile" else "pending")
    if policy == "reconcile":
        again = settings(admin, **arguments)
        assert not again.changed
        assert again.values["shadowed"] == []
    assert "canary-key" not in result.output


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"settings": {"ENABLE_SINGUP": True}}, "did you mean ENABLE_SIGNUP?"),
        ({"settings": {"CHUNK_SIZE": "big"}}, "The setting CHUNK_SIZE is 'big', and must be a whole number."),
        ({"settings": {"BRAVE_SEARCH_API_KEY": "x"}}, "give it under secret_settings"),
        ({"banners": [{"content": "x", "colour": "red"}]}, "banners.colour"),
        ({"banners": [{"content": "x", "type": "loud"}]}, "value of type must be one of"),
    ],
)
def test_what_cannot_be_right_is_refused(admin: dict[str, str], arguments: dict[str, Any], sentence: str) -> None:
    before = stored(admin)
    result = settings(admin, **arguments)
    assert result.failed
    assert sentence in result.message
    assert stored(admin) == before
