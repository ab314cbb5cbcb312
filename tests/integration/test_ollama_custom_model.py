"""ollama_custom_model on a real Ollama: made once, made anew when and only when something moved."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import pytest
import requests
from fault_proxy import between
from modules import ENVIRONMENT, Result, run_module
from servers import OllamaServer
from weights import write_adapter, write_folder, write_model


def go(text: str) -> str:
    """A template in Go's syntax, which Ansible shall not take for its own."""
    return "{% raw %}" + text + "{% endraw %}"


ANSWER = "{{ .System }} {{ .Prompt }}<|answer|>"
FULL = {
    "name": "proofreader",
    "from": "llama3",
    "system": 'You say "yes".\nÜ \\ tab\there',
    "template": go(ANSWER),
    "parameters": {"temperature": 0.7, "num_ctx": "1024", "stop": ["a\nb", '"'], "top_p": 1, "use_mmap": True},
    "messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Ho"}],
    "license": ["MIT", "and more"],
}


def custom(server: OllamaServer, *models: dict[str, Any], check: bool = False, **arguments: Any) -> Result:
    return run_module("ollama_custom_model", {"api_url": server.url, "models": models, **arguments}, check=check)


def entry(result: Result) -> dict[str, Any]:
    assert not result.failed, result.message
    [model] = result.values["models"]
    return dict(model)


def show(server: OllamaServer, name: str) -> dict[str, Any]:
    reply = requests.post(f"{server.url}/api/show", json={"model": name}, timeout=30)
    reply.raise_for_status()
    return dict(reply.json())


def generate(server: OllamaServer, name: str) -> dict[str, Any]:
    # In memory it would stay under its name, when that stands for another model already.
    body = {"model": name, "prompt": "Who?", "stream": False, "keep_alive": 0}
    reply = requests.post(f"{server.url}/api/generate", json=body, timeout=120)
    reply.raise_for_status()
    return dict(reply.json())


def create(server: OllamaServer, **body: Any) -> None:
    """What somebody else does by hand."""
    reply = requests.post(f"{server.url}/api/create", json={**body, "stream": False}, timeout=60)
    assert reply.json() == {"status": "success"}


@pytest.fixture
def based(ollama_server: OllamaServer) -> OllamaServer:
    """A server with a base."""
    ollama_server.stock("llama3")
    return ollama_server


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    """A GGUF file."""
    file = tmp_path / "house.gguf"
    write_model(file, "first")
    return file


def test_made_in_check_mode_then_for_real_then_no_more(based: OllamaServer) -> None:
    promised = custom(based, FULL, check=True)
    assert entry(promised) == {
        "name": "proofreader:latest",
        "action": "made",
        "drift": [],
        "digest_before": None,
        "digest": None,
    }
    assert set(based.models()) == {"llama3:latest"}

    done = custom(based, FULL)
    assert entry(done)["action"] == "made"
    assert entry(done)["digest"] == based.models()["proofreader:latest"]
    assert promised.diff == done.diff
    shown = show(based, "proofreader")
    assert (shown["system"], shown["template"]) == (FULL["system"], ANSWER)
    assert shown["messages"] == FULL["messages"]
    assert shown["license"] == "MIT\nand more"

    for check in (True, False):
        again = custom(based, FULL, check=check)
        assert not again.changed
        assert again.diff["before"] == again.diff["after"]
        assert entry(again) == {**entry(done), "action": "none", "digest_before": entry(done)["digest"]}


def test_what_is_made_answers(based: OllamaServer) -> None:
    custom(based, {"name": "paper", "from": "llama3", "parameters": {"num_predict": 3}})
    reply = generate(based, "paper")
    assert (reply["done_reason"], reply["eval_count"]) == ("length", 3)


@pytest.mark.parametrize(
    ("by_hand", "drift"),
    [
        ({"system": "Be rude."}, ["system"]),
        ({"template": "{{ .Prompt }}!"}, ["template"]),
        ({"parameters": {"temperature": 0.9}}, ["parameters"]),
        ({"parameters": {"seed": 4}}, ["parameters"]),
        ({"messages": [{"role": "user", "content": "Other"}]}, ["messages"]),
        ({"license": ["Mine"]}, ["license"]),
    ],
)
def test_one_change_by_hand_is_told_and_mended(based: OllamaServer, by_hand: dict[str, Any], drift: list[str]) -> None:
    digest = entry(custom(based, FULL))["digest"]
    create(based, model="proofreader", **{"from": "proofreader"}, **by_hand)
    assert based.models()["proofreader:latest"] != digest
    promised = custom(based, FULL, check=True)
    assert (entry(promised)["action"], entry(promised)["drift"]) == ("remade", drift)
    mended = custom(based, FULL)
    assert promised.diff == mended.diff
    assert (entry(mended)["action"], entry(mended)["drift"]) == ("remade", drift)
    assert based.models()["proofreader:latest"] == digest
    assert not custom(based, FULL).changed


def test_a_base_that_moved_makes_it_anew(based: OllamaServer) -> None:
    based.stock("llama3", "mistral")
    assert entry(custom(based, FULL))["action"] == "made"
    requests.post(f"{based.url}/api/copy", json={"source": "mistral", "destination": "llama3"}, timeout=30)
    assert entry(custom(based, FULL, check=True))["drift"] == ["weights"]
    assert entry(custom(based, FULL))["action"] == "remade"
    assert not custom(based, FULL).changed


def test_what_a_model_does_not_set_it_has_from_its_base(based: OllamaServer) -> None:
    base = {"name": "base", "from": "llama3", "system": "One.", "parameters": {"seed": 1, "top_k": 5, "stop": ["x"]}}
    child = {"name": "child", "from": "base", "parameters": {"seed": 2, "stop": []}}
    both = custom(based, base, child)
    assert [model["action"] for model in both.values["models"]] == ["made", "made"]
    shown = show(based, "child")
    assert shown["system"] == "One."
    assert sorted(line.split() for line in shown["parameters"].splitlines()) == [["seed", "2"], ["top_k", "5"]]
    assert not custom(based, base, child).changed

    moved = {**base, "system": "Two."}
    promised = custom(based, moved, child, check=True)
    done = custom(based, moved, child)
    for result in (promised, done):
        assert [(model["action"], model["drift"]) for model in result.values["models"]] == [("remade", ["system"])] * 2
    assert promised.diff == done.diff
    assert show(based, "child")["system"] == "Two."
    assert not custom(based, moved, child).changed


def test_absent(based: OllamaServer) -> None:
    custom(based, FULL)
    gone = {"name": "proofreader", "state": "absent"}
    assert entry(custom(based, gone, check=True))["action"] == "removed"
    assert entry(custom(based, gone))["action"] == "removed"
    assert set(based.models()) == {"llama3:latest"}
    assert not custom(based, gone).changed


def test_from_a_file(server: OllamaServer, weights: Path) -> None:
    house = {"name": "house", "path": str(weights), "template": go("{{ .Prompt }}!"), "system": "Short."}
    promised = custom(server, house, check=True)
    assert entry(promised)["action"] == "made"
    assert server.models() == {}
    done = custom(server, house)
    assert entry(done)["action"] == "made"
    assert show(server, "house")["system"] == "Short."
    assert "files" not in done.values["invocation"]["module_args"]
    with between(server.url) as (url, proxy):
        again = run_module("ollama_custom_model", {"api_url": url, "models": [house]})
        assert not again.changed
    assert [line for line in proxy.requests if "blobs" in line] == []

    other = {**house, "parameters": {"seed": 7}}
    with between(server.url) as (url, proxy):
        assert run_module("ollama_custom_model", {"api_url": url, "models": [other]}).changed
    assert [line for line in proxy.requests if line.startswith("POST /api/blobs")] == [], "the server has the file"


def test_from_a_folder_of_safetensors(server: OllamaServer, tmp_path: Path) -> None:
    write_folder(tmp_path, seed=1)
    house = {"name": "house", "path": str(tmp_path), "parameters": {"num_predict": 3}}
    assert entry(custom(server, house))["action"] == "made"
    assert show(server, "house")["details"]["family"] == "llama"
    assert generate(server, "house")["eval_count"] == 3
    assert not custom(server, house).changed
    write_folder(tmp_path, seed=2)
    assert entry(custom(server, house))["action"] == "remade"
    assert not custom(server, house).changed


def test_a_file_that_changed_makes_it_anew(server: OllamaServer, weights: Path) -> None:
    house = {"name": "house", "path": str(weights)}
    custom(server, house)
    write_model(weights, "second")
    assert entry(custom(server, house, check=True))["drift"] == ["license"]
    assert entry(custom(server, house))["action"] == "remade"
    assert not custom(server, house).changed


def test_quantised(server: OllamaServer, weights: Path) -> None:
    small = {"name": "small", "path": str(weights), "quantize": "Q8_0"}
    assert entry(custom(server, small))["action"] == "made"
    assert show(server, "small")["details"]["quantization_level"] == "Q8_0"
    assert not custom(server, small).changed
    whole = {"name": "small", "path": str(weights)}
    assert entry(custom(server, whole))["drift"] == ["license"]
    assert show(server, "small")["details"]["quantization_level"] == "F16"

    again = {"name": "again", "from": "small", "quantize": "Q8_0"}
    assert entry(custom(server, again))["action"] == "made"
    assert not custom(server, again).changed
    write_model(weights, "second")
    custom(server, whole)
    assert "license" in entry(custom(server, again))["drift"], "its base moved"
    assert not custom(server, again).changed


def test_an_adapter(server: OllamaServer, weights: Path, tmp_path: Path) -> None:
    adapter = tmp_path / "lora.gguf"
    write_adapter(adapter)
    plain = {"name": "plain", "path": str(weights)}
    adapted = {"name": "adapted", "from": "plain", "adapters": [str(adapter)]}
    assert custom(server, plain, adapted).changed
    assert "ADAPTER " in show(server, "adapted")["modelfile"]
    assert not custom(server, plain, adapted).changed
    create(server, model="adapted", **{"from": "plain"})
    assert entry(custom(server, adapted))["drift"] == ["adapters"]
    assert "is no adapter" in custom(server, {**adapted, "adapters": [str(weights)]}).message
    adapter.write_bytes(b"not one")
    assert "is no sound GGUF file" in custom(server, adapted).message


def test_a_file_on_the_servers_machine(server: OllamaServer, weights: Path) -> None:
    house = {"name": "house", "path": str(weights), "remote_src": True}
    assert entry(custom(server, house))["action"] == "made"
    assert not custom(server, house).changed
    missing = custom(server, {**house, "path": "/no/such/file.gguf"})
    assert "/no/such/file.gguf cannot be read: No such file or directory." in missing.message


def damaged(weights: Path, how: str) -> None:
    content = weights.read_bytes()
    if how == "not GGUF":
        weights.write_bytes(b"PK" + content)
    elif how == "cut in the header":
        weights.write_bytes(content[:5000])
    elif how == "cut in the weights":
        weights.write_bytes(content[:-100])
    elif how == "a count that is too great":
        weights.write_bytes(content[:8] + struct.pack("<Q", 2**40) + content[16:])
    elif how == "a length that is too great":
        weights.write_bytes(content[:24] + struct.pack("<Q", 2**62) + content[32:])
    else:
        weights.write_bytes(b"")


@pytest.mark.parametrize(
    "how",
    [
        "not GGUF",
        "cut in the header",
        "cut in the weights",
        "a count that is too great",
        "a length that is too great",
        "empty",
    ],
)
def test_a_damaged_file_does_not_reach_the_server(server: OllamaServer, weights: Path, how: str) -> None:
    """Some such end the server as a whole."""
    damaged(weights, how)
    for remote_src in (False, True):
        result = custom(server, {"name": "house", "path": str(weights), "remote_src": remote_src})
        assert result.failed
        assert f"{weights} is no sound GGUF file" in result.message
    server.wait()
    assert server.models() == {}


def safetensors(folder: Path) -> None:
    """A folder whose header promises more than there is."""
    header = json.dumps({"w": {"dtype": "F32", "shape": [64], "data_offsets": [0, 256]}}).encode()
    (folder / "config.json").write_text("{}")
    (folder / "model.safetensors").write_bytes(struct.pack("<Q", len(header)) + header + bytes(10))


def test_damaged_safetensors_do_not_reach_the_server(server: OllamaServer, tmp_path: Path) -> None:
    result = custom(server, {"name": "house", "path": str(tmp_path)})
    assert "without any .safetensors file" in result.message
    safetensors(tmp_path)
    result = custom(server, {"name": "house", "path": str(tmp_path)})
    assert "is no sound safetensors file (it is cut off)" in result.message
    (tmp_path / "config.json").unlink()
    result = custom(server, {"name": "house", "path": str(tmp_path)})
    assert "has no config.json" in result.message
    server.wait()


def configured(folder: Path, **changes: Any) -> dict[str, Any]:
    """A model from a folder whose configuration is not that of its weights."""
    write_folder(folder, seed=1)
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, **changes}))
    return {"name": "house", "path": str(folder)}


def test_a_folder_that_the_server_cannot_read_is_refused_in_its_words(server: OllamaServer, tmp_path: Path) -> None:
    result = custom(server, configured(tmp_path, architectures=["NoSuchModel"]))
    assert "Model 'house:latest' was not made: Ollama said: unsupported architecture" in result.message
    assert server.models() == {}


def test_a_folder_that_ends_the_server_is_told(server: OllamaServer, tmp_path: Path) -> None:
    """The server divides by the number of heads."""
    result = custom(server, configured(tmp_path, num_attention_heads=0, rope_scaling={"rope_type": "llama3"}))
    server.restart()
    assert "Model 'house:latest' was not made: " in result.message
    assert " broke off " in result.message
    assert "look at its log, and at the files of the model or its base" in result.message
    assert server.models() == {}


@pytest.mark.parametrize(
    ("module", "arguments", "sentence"),
    [
        ("ollama_model_load", {}, "Model 'house:latest' was not loaded: Ollama at "),
        ("ollama_chat", {"prompt": "Who?"}, "Model 'house:latest' did not answer: Ollama at "),
    ],
)
def test_a_file_that_ends_the_server_only_when_it_is_loaded(
    server: OllamaServer, tmp_path: Path, module: str, arguments: dict[str, Any], sentence: str
) -> None:
    """A word that stands twice in its vocabulary does so."""
    write_model(tmp_path / "house.gguf", "house", word="<s>")
    assert entry(custom(server, {"name": "house", "path": str(tmp_path / "house.gguf")}))["action"] == "made"
    result = run_module(module, {"api_url": server.url, "name": ["house"], **arguments})
    server.restart()
    assert sentence in result.message
    assert "broke off" in result.message
    assert "look at its log, and make or pull the model anew" in result.message
    assert custom(server, {"name": "house", "state": "absent"}).changed


@pytest.mark.parametrize(
    ("model", "sentence"),
    [
        ({"from": "no-such-base"}, "is made from 'no-such-base:latest', which is not installed"),
        ({"from": "house"}, "is made from itself"),
        ({}, "needs one of from and path"),
        ({"from": "llama3", "path": "/x", "remote_src": True}, "mutually exclusive"),
        ({"path": "no-such-file.gguf"}, "no-such-file.gguf"),
        ({"from": "llama3", "parameters": {"temprature": 1}}, "did you mean temperature?"),
        ({"from": "llama3", "parameters": {"temperature": "hot"}}, "the parameter temperature is 'hot', and must be"),
        ({"from": "llama3", "parameters": {"num_ctx": 1.5}}, "the parameter num_ctx is 1.5, and must be a whole"),
        ({"from": "llama3", "parameters": {"stop": [1]}}, "must be a list of strings"),
        ({"from": "llama3", "template": go("{{ .Prompt")}, "template error"),
        ({"from": "llama3", "quantize": "Q2"}, "value of quantize must be one of"),
        ({"from": "llama3", "messages": [{"role": "boss", "content": "x"}]}, "value of role must be one of"),
        ({"from": "bad name"}, "Model name 'bad name'"),
    ],
)
def test_what_cannot_be_right_is_refused(based: OllamaServer, model: dict[str, Any], sentence: str) -> None:
    result = custom(based, {"name": "house", **model})
    assert result.failed
    assert sentence in result.message
    assert set(based.models()) == {"llama3:latest"}


def test_a_system_prompt_that_cannot_be_taken_away(based: OllamaServer) -> None:
    custom(based, {"name": "base", "from": "llama3", "system": "One."})
    result = custom(based, {"name": "child", "from": "base", "system": ""})
    assert "Ollama cannot take a system prompt away that comes from 'base:latest'" in result.message


def test_one_model_twice_is_refused(based: OllamaServer) -> None:
    result = custom(based, FULL, {"name": "proofreader:latest", "state": "absent"})
    assert "names 'proofreader:latest' twice" in result.message


def test_nothing_is_made_when_one_of_the_list_cannot_be(based: OllamaServer) -> None:
    assert custom(based, FULL, {"name": "other", "from": "no-such-base"}).failed
    assert set(based.models()) == {"llama3:latest"}


def test_in_check_mode_another_task_may_have_promised_the_base(based: OllamaServer) -> None:
    promised = custom(based, {"name": "child", "from": "mistral"}, check=True)
    assert entry(promised)["action"] == "made"
    assert "is made from 'mistral:latest', which is not installed" in promised.output


def test_a_failure_in_the_middle_tells_what_was_done_before_it(based: OllamaServer, tmp_path: Path) -> None:
    result = custom(based, FULL, configured(tmp_path, architectures=["NoSuchModel"]))
    assert result.failed
    assert result.changed
    assert [(model["name"], model["action"]) for model in result.values["models"]] == [("proofreader:latest", "made")]


def test_a_home_on_the_controller_is_found(
    server: OllamaServer, weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(ENVIRONMENT, "HOME", str(weights.parent))
    assert entry(custom(server, {"name": "house", "path": "~/house.gguf"}))["action"] == "made"


def test_a_file_is_not_needed_to_remove_what_was_made_from_it(server: OllamaServer, weights: Path) -> None:
    custom(server, {"name": "house", "path": str(weights)})
    weights.unlink()
    assert entry(custom(server, {"name": "house", "path": str(weights), "state": "absent"}))["action"] == "removed"


def test_a_server_that_makes_models_in_another_way(based: OllamaServer) -> None:
    """An older server cannot be had; the proxy makes this one say that it is 0.5.4."""
    with between(based.url, where=b"/api/version", replace=(b'"0.24.0"', b'"0.05.4"')) as (url, _proxy):
        result = run_module("ollama_custom_model", {"api_url": url, "models": [FULL]})
    assert "is version 0.05.4, and makes models in another way: 0.5.5 or newer is needed" in result.message


def test_the_conversation_is_cut_while_a_model_is_made(based: OllamaServer) -> None:
    with between(based.url, where=b"/api/create", cut_after=150) as (url, _proxy):
        result = run_module("ollama_custom_model", {"api_url": url, "models": [FULL]})
    assert result.failed
    assert "Model 'proofreader:latest' was not made: " in result.message
    assert entry(custom(based, FULL))["digest"] is not None
