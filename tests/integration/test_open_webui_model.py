"""open_webui_model on a real server, whose models are used in real chats."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from declared import Declared, actions
from servers import call

BASE = "llama3:latest"
MODELS = "/api/v1/models"
HELPER: dict[str, Any] = {
    "id": "helper",
    "name": "Helper",
    "base_model": BASE,
    "system": "You help.",
    "params": {"temperature": 0.2, "num_ctx": 512, "stop": ["END", "{{USER_NAME}}"]},
    "description": "Helps.",
    "capabilities": {"vision": False, "citations": True},
    "suggestions": ["Help me.", "And again?"],
    "tags": ["b", "a"],
}
OTHER = {"id": "other", "base_model": BASE}
# A model that answers with what it was asked, so that a test sees what came with the question.
ECHO = """
import json


class Pipe:
    def pipe(self, body: dict, __tools__: dict | None = None) -> str:
        texts = [message["content"] for message in body["messages"]]
        return json.dumps({"texts": texts, "temperature": body.get("temperature"), "tools": sorted(__tools__ or {})})
"""
FILTER = """
class Filter:
    def inlet(self, body: dict) -> dict:
        body["messages"][-1]["content"] += " (filtered)"
        return body
"""
TOOL = '''
class Tools:
    def weather(self, town: str) -> str:
        """
        Tell the weather.
        :param town: Name of a town.
        """
        return "sun"
'''


def stored_models(admin: dict[str, str]) -> dict[str, dict[str, Any]]:
    """All models that the server has a record of."""
    with_base = call(admin, "GET", f"{MODELS}/export")
    return {model["id"]: model for model in with_base + call(admin, "GET", f"{MODELS}/base")}


@pytest.fixture
def models(admin: dict[str, str]) -> Declared:
    """The module, on a server that has only the models of its connection."""
    call(admin, "DELETE", f"{MODELS}/delete/all")
    return Declared("open_webui_model", "models", admin, lambda: stored_models(admin))


@pytest.fixture
def functions(admin: dict[str, str]) -> Iterator[None]:
    """A server with a function of each kind, and a tool."""
    for key, content in (("echo", ECHO), ("marked", FILTER)):
        body = {"id": key, "name": key, "content": content, "meta": {}}
        call(admin, "POST", "/api/v1/functions/create", body)
        call(admin, "POST", f"/api/v1/functions/id/{key}/toggle")
    call(admin, "POST", "/api/v1/tools/create", {"id": "weather", "name": "Weather", "content": TOOL, "meta": {}})
    yield
    for key in ("echo", "marked"):
        call(admin, "DELETE", f"/api/v1/functions/id/{key}/delete")
    call(admin, "DELETE", "/api/v1/tools/id/weather/delete")


@pytest.fixture
def knowledge(admin: dict[str, str]) -> Iterator[dict[str, str]]:
    """The ids of two knowledge bases by name."""
    bases = {}
    for name in ("Handbook", "Müller & co/2"):
        body = {"name": name, "description": "What is known."}
        bases[name] = call(admin, "POST", "/api/v1/knowledge/create", body)["id"]
    yield bases
    for base in bases.values():
        call(admin, "DELETE", f"/api/v1/knowledge/{base}/delete")


def chat(account: dict[str, str], model: str, question: str = "Hello?", **more: Any) -> requests.Response:
    """What the server answers to a question, without anybody having looked at the list of models before."""
    return requests.post(
        f"{account['api_url']}/api/chat/completions",
        json={"model": model, "messages": [{"role": "user", "content": question}], "stream": False, **more},
        headers={"Authorization": f"Bearer {account['api_token']}"},
        timeout=120,
    )


def text(reply: requests.Response) -> str:
    assert reply.ok, reply.text
    return str(reply.json()["choices"][0]["message"]["content"])


def seen_by(account: dict[str, str]) -> set[str]:
    """The models that an account is offered."""
    return {model["id"] for model in call(account, "GET", "/api/models")["data"]}


@pytest.mark.every_version
def test_made_changed_and_removed(models: Declared) -> None:
    assert actions(models.prove(HELPER), "models") == ["created"]
    model = models.stored()["helper"]
    assert model["base_model_id"] == BASE
    assert model["params"] == {"system": "You help.", **HELPER["params"]}
    assert model["meta"]["suggestion_prompts"] == [{"content": "Help me."}, {"content": "And again?"}]
    assert model["meta"]["tags"] == [{"name": "a"}, {"name": "b"}]

    other = models.prove({**HELPER, "system": "Don't.", "params": {"num_ctx": 1024}, "enabled": False})
    assert models.entry(other)["changed"] == ["system", "params", "enabled"]
    assert other.diff["before"]["helper"]["system"] == "You help."
    assert other.diff["after"]["helper"]["params"] == {"num_ctx": 1024}
    assert models.stored()["helper"]["params"] == {"system": "Don't.", "num_ctx": 1024}

    assert actions(models.prove({"id": "helper", "state": "absent"}), "models") == ["removed"]
    assert models.stored() == {}


def test_a_model_can_be_chatted_with_at_once(models: Declared) -> None:
    models.do(HELPER)
    assert chat(models.admin, "helper").ok
    models.do({**HELPER, "enabled": False})
    assert chat(models.admin, "helper").status_code == 400
    models.do({**HELPER, "enabled": True})
    assert chat(models.admin, "helper").ok
    models.do({"id": "helper", "state": "absent"})
    assert chat(models.admin, "helper").status_code == 400


@pytest.mark.usefixtures("functions")
def test_what_is_put_on_top_of_a_model_comes_with_the_question(models: Declared) -> None:
    on_top = {"system": "Be brief.", "params": {"temperature": 0.5}, "tools": ["weather"], "filters": ["marked"]}
    models.prove({"id": "brief", "base_model": "echo", **on_top})
    heard = json.loads(text(chat(models.admin, "brief", tool_ids=["weather"])))
    assert heard == {"texts": ["Be brief.", "Hello? (filtered)"], "temperature": 0.5, "tools": ["weather"]}
    assert models.stored()["brief"]["meta"]["toolIds"] == ["weather"]
    gone = models.prove({"id": "brief", "tools": [], "filters": []})
    assert models.entry(gone)["changed"] == ["tools", "filters"]
    assert json.loads(text(chat(models.admin, "brief")))["texts"] == ["Be brief.", "Hello?"]


def test_the_model_of_a_connection_is_renamed_and_given_back(models: Declared) -> None:
    assert actions(models.prove({"id": BASE, "name": "Llama 🦙"}), "models") == ["created"]
    offered = {model["id"]: model["name"] for model in call(models.admin, "GET", "/api/models")["data"]}
    assert offered[BASE] == "Llama 🦙"
    assert models.prove({"id": BASE, "enabled": False}).diff["after"][BASE]["enabled"] is False
    assert BASE not in seen_by(models.admin)
    assert actions(models.prove({"id": BASE, "state": "absent"}), "models") == ["removed"]
    offered = {model["id"]: model["name"] for model in call(models.admin, "GET", "/api/models")["data"]}
    assert offered[BASE] == BASE


@pytest.mark.every_version
def test_what_is_changed_by_hand_is_mended_and_nothing_else(models: Declared) -> None:
    models.do(HELPER, OTHER)
    model = models.stored()["helper"]
    meta = {**model["meta"], "tags": [{"name": "by hand"}], "capabilities": {"vision": True, "usage": True}}
    call(models.admin, "POST", f"{MODELS}/model/update", {**model, "name": "By hand", "meta": meta})
    call(models.admin, "POST", f"{MODELS}/model/toggle?id=helper")
    mended = models.prove({**HELPER, "enabled": True}, OTHER)
    assert actions(mended, "models") == ["updated", "none"]
    assert models.entry(mended)["changed"] == ["name", "capabilities", "tags", "enabled"]
    assert mended.diff["before"]["helper"]["name"] == "By hand"
    assert models.stored()["helper"]["meta"]["capabilities"] == {"vision": False, "usage": True, "citations": True}


def test_what_a_task_does_not_name_stays(models: Declared) -> None:
    models.do({**HELPER, "access": {"public": True}, "enabled": False})
    model = models.stored()["helper"]
    image = "data:image/png;base64,iVBORw0KGgo="
    meta = {
        **model["meta"],
        "profile_image_url": image,
        "hidden": True,
        "suggestion_prompts": [{"content": "Help me.", "title": ["Help", "me"]}],
        "knowledge": [{"type": "note", "id": "a-note", "name": "A note"}],
    }
    call(models.admin, "POST", f"{MODELS}/model/update", {**model, "meta": meta})
    before = models.stored()["helper"]
    result = models.prove({"id": "helper", "description": "Other"})
    assert models.entry(result)["changed"] == ["description"]
    after = models.stored()["helper"]
    assert {**after["meta"], "description": "Helps."} == before["meta"]
    assert after["meta"]["profile_image_url"] == image
    assert [after[key] for key in ("params", "is_active", "base_model_id")] == [before["params"], False, BASE]
    assert [grant["principal_id"] for grant in after["access_grants"]] == ["*"]


def test_knowledge_by_name(models: Declared, knowledge: dict[str, str]) -> None:
    first, second = knowledge
    note = {"type": "note", "id": "a-note", "name": "A note"}
    models.do(OTHER)
    call(models.admin, "POST", f"{MODELS}/model/update", {**models.stored()["other"], "meta": {"knowledge": [note]}})
    models.prove({**OTHER, "knowledge": [second, first]})
    attached = models.stored()["other"]["meta"]["knowledge"]
    assert attached[0] == note
    assert {(item["type"], item["id"], item["name"]) for item in attached[1:]} == {
        ("collection", base, name) for name, base in knowledge.items()
    }
    fewer = models.prove({**OTHER, "knowledge": [second]})
    assert fewer.diff["before"]["other"]["knowledge"] == [first, second]

    call(models.admin, "DELETE", f"/api/v1/knowledge/{knowledge[second]}/delete")
    body = {"name": second, "description": "Made anew."}
    knowledge[second] = call(models.admin, "POST", "/api/v1/knowledge/create", body)["id"]
    models.prove({**OTHER, "knowledge": [second]})
    assert models.stored()["other"]["meta"]["knowledge"][1]["id"] == knowledge[second]


@pytest.mark.usefixtures("functions")
def test_a_group_sees_just_what_is_shared_with_it(models: Declared, office: dict[str, dict[str, str]]) -> None:
    for_office = {"access": {"read_groups": ["office"]}}
    shared = {"id": "shared", "base_model": "echo", "tools": ["weather"], **for_office}
    alone = models.run(shared, OTHER)
    told = "The model 'shared' is shared with more accounts than its base 'echo' is"
    # Before 0.12 what nobody said anything of was for all.
    assert (told in alone.output) == (chat(office["inside"], "shared").status_code == 400)

    models.prove({"id": "echo", **for_office}, shared, OTHER)
    assert told not in models.run({"id": "echo", **for_office}, shared).output
    assert seen_by(office["inside"]) == {"echo", "shared"}
    assert json.loads(text(chat(office["inside"], "shared")))["texts"] == ["Hello?"]
    assert seen_by(office["outside"]) == set()
    assert chat(office["outside"], "shared").status_code == 400
    assert seen_by(models.admin) >= {"shared", "other", BASE}

    private = models.prove({**shared, "access": {}})
    assert models.entry(private)["changed"] == ["access"]
    assert seen_by(office["inside"]) == {"echo"}


@pytest.mark.parametrize(
    ("refers", "sentence"),
    [
        ({"base_model": "nothing"}, "names the base_model 'nothing', and no connection of {url} offers it."),
        (
            {"base_model": "llama3"},
            "names the base_model 'llama3', and no connection of {url} offers it (but '{base}'",
        ),
        ({"base_model": "here"}, "names no base_model, and no connection of {url} offers a model 'here' to change."),
        ({"access": {"read_groups": ["nobody"]}}, "names 'nobody', and {url} has no group 'nobody'."),
        ({"knowledge": ["Nothing"]}, "names 'Nothing', and {url} has no knowledge base 'Nothing'."),
        ({"tools": ["nothing"]}, "names 'nothing', and {url} has no tool 'nothing'."),
        ({"filters": ["echo"]}, "names 'echo', and {url} has no filter 'echo'."),
        ({"actions": ["nothing"]}, "names 'nothing', and {url} has no action 'nothing'."),
    ],
)
@pytest.mark.usefixtures("functions")
def test_what_is_not_there(models: Declared, refers: dict[str, Any], sentence: str) -> None:
    sentence = sentence.format(url=models.admin["api_url"], base=BASE)
    thing = {"id": "here", "base_model": BASE, **refers}
    refused = models.run(OTHER, thing)
    assert f"The model 'here' {sentence}" in refused.message
    assert refused.message.endswith("Nothing was changed.")
    assert models.stored() == {}
    promised = models.run(thing, check=True)
    assert not promised.failed, "an earlier task may make it"
    assert "The model 'here' names" in promised.output


@pytest.mark.usefixtures("knowledge")
def test_two_knowledge_bases_of_one_name(models: Declared) -> None:
    body = {"name": "Handbook", "description": ""}
    twin = call(models.admin, "POST", "/api/v1/knowledge/create", body)["id"]
    result = models.run({**OTHER, "knowledge": ["Handbook"]})
    call(models.admin, "DELETE", f"/api/v1/knowledge/{twin}/delete")
    assert "has 2 knowledge bases 'Handbook'. Nothing was changed." in result.message


def test_a_base_that_has_a_base_itself(models: Declared) -> None:
    # The server would take it, and not chat with it.
    told = f"names the base_model 'other', which has a base itself: chats go down one step only, so name '{BASE}'."
    deeper = {"id": "deeper", "base_model": "other"}
    assert told in models.run(OTHER, deeper).message
    models.do(OTHER)
    assert told in models.run(deeper).message
    assert set(models.stored()) == {"other"}


def test_exclusive_removes_what_is_not_listed(models: Declared) -> None:
    models.do(HELPER, OTHER, {"id": BASE, "name": "Renamed"})
    assert sorted(actions(models.prove(OTHER, exclusive=True), "models")) == ["none", "removed", "removed"]
    assert set(models.stored()) == {"other"}
    assert BASE in seen_by(models.admin)


def test_names_with_slashes_quotes_and_emoji(models: Declared) -> None:
    key, name = "hf.co/ü/x:q4_k\"'?&🦙", "a/b \"c\" 'd' 🦙"
    odd = {"id": key, "name": name, "base_model": BASE, "system": "{{USER_NAME}}\n\\", "tags": ["ü/🦙"]}
    assert actions(models.prove(odd), "models") == ["created"]
    assert models.stored()[key]["name"] == name
    assert chat(models.admin, key).ok
    assert actions(models.prove({"id": key, "state": "absent"}), "models") == ["removed"]


@pytest.mark.parametrize(
    ("things", "sentence"),
    [
        ([{"id": "a b"}], "The model 'a b': an id must be 1 to 256 characters without spaces."),
        ([{"id": ""}], "The model '': an id must be"),
        ([{"id": "a", "params": {"system": "x"}}], "The model 'a' has a system prompt among its params"),
        ([OTHER, OTHER], "The list names the model 'other' twice"),
        ([{**OTHER, "prompt": "x"}], "Unsupported parameters"),
    ],
)
def test_what_cannot_be_right_is_refused(models: Declared, things: list[dict[str, Any]], sentence: str) -> None:
    result = models.run(*things)
    assert result.failed
    assert sentence in result.message
    assert models.stored() == {}
