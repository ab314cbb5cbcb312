"""The gateway to Ollama's API: real clients with keys come in, everything else stays out."""

from __future__ import annotations

import ssl
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import ollama
import openai
import pytest
from modules import run_module
from scenario import Answer, ask, both

testinfra_hosts = both("nginx-proxy")

PHONE = "canary-gateway-key-of-the-phone"
OPERATOR = "canary-gateway-key-of-the-operator"
MODEL = "llama3"
NAME = "chat.example.com"


def knock(host: Any, method: str, path: str, key: str | None = PHONE, **arguments: Any) -> Answer:
    """Ask the gateway from the machine itself."""
    headers = {"Host": "gpu.example.com", **arguments.pop("headers", {})}
    if key is not None:
        headers["Authorization"] = key if " " in key else f"Bearer {key}"
    return ask(host, "127.0.0.1", path, method=method, port=11435, tls_name=NAME, headers=headers, **arguments)


@pytest.fixture(scope="module")
def trust(host: Any) -> ssl.SSLContext:
    """Belief in the authority; the machine is asked at its address, which its certificate does not name."""
    context = ssl.create_default_context(cadata=host.file("/etc/nginx/selfhosted_llm/local_ca.crt").content_string)
    context.check_hostname = False
    return context


@pytest.fixture(scope="module", autouse=True)
def model(host: Any) -> None:
    """A model to ask, which a key of an admin pulled through the gateway."""
    for name in (MODEL, "all-minilm"):
        pulled = knock(host, "POST", "/api/pull", OPERATOR, body={"model": name, "stream": False})
        assert pulled.json() == {"status": "success"}


def test_ollamas_own_client(address: str, trust: ssl.SSLContext) -> None:
    client = ollama.Client(f"https://{address}:11435", headers={"Authorization": f"Bearer {PHONE}"}, verify=trust)
    assert f"{MODEL}:latest" in [model.model for model in client.list().models]
    question = [{"role": "user", "content": "Hello?"}]
    parts = [part.message.content for part in client.chat(MODEL, question, stream=True)]
    assert len(parts) > 3
    assert "".join(part or "" for part in parts) == client.chat(MODEL, question).message.content
    assert len(client.embed("all-minilm", "a dog").embeddings[0]) == 384
    with pytest.raises(ollama.ResponseError) as refused:
        client.delete(MODEL)
    assert refused.value.status_code == 403
    assert refused.value.error == "this key does not open this request"


def test_words_come_as_they_are_said(host: Any) -> None:
    body = {"model": MODEL, "messages": [{"role": "user", "content": "Hello?"}]}
    assert knock(host, "POST", "/api/chat", body=body).reads > 3


def test_the_client_of_openai(address: str, trust: ssl.SSLContext) -> None:
    with openai.DefaultHttpxClient(verify=trust) as transport:
        client = openai.OpenAI(base_url=f"https://{address}:11435/v1", api_key=PHONE, http_client=transport)
        assert f"{MODEL}:latest" in [model.id for model in client.models.list()]
        stream = client.chat.completions.create(
            model=MODEL, messages=[{"role": "user", "content": "Hello?"}], stream=True
        )
        assert len([part for part in stream if part.choices]) > 3
        assert len(client.embeddings.create(model="all-minilm", input="a dog").data[0].embedding) == 384
        wrong = openai.OpenAI(base_url=f"https://{address}:11435/v1", api_key=PHONE.upper(), http_client=transport)
        with pytest.raises(openai.AuthenticationError):
            wrong.models.list()


def test_the_modules_of_this_collection(address: str) -> None:
    # The machine is asked at its address, which its certificate does not name.
    gateway = {"api_url": f"https://{address}:11435", "validate_certs": False}
    models = [{"name": "mistral"}, {"name": "phi", "state": "absent"}]
    for _attempt in ("pulled, or there", "there"):
        done = run_module("ollama_model", {**gateway, "api_key": OPERATOR, "models": models})
        assert not done.failed, done.message
    assert not done.changed
    refused = run_module(
        "ollama_model", {**gateway, "api_key": PHONE, "models": [{"name": "mistral", "state": "absent"}]}
    )
    assert "this key does not open this request" in refused.message
    assert OPERATOR not in done.output + refused.output


@pytest.mark.parametrize(
    "key",
    [
        None,
        "",
        "wrong-key-of-somebody-else",
        PHONE.upper(),
        PHONE[:-1],
        f"{PHONE}x",
        f"Basic {PHONE}",
        f"Bearer x{PHONE}",
    ],
)
@pytest.mark.parametrize("path", ["/api/tags", "/v1/models", "/"])
def test_who_has_no_key_stays_out(host: Any, key: str | None, path: str) -> None:
    answer = knock(host, "GET", path, key)
    assert (answer.status, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert "this gateway wants a key" in answer.json()["error"]


@pytest.mark.parametrize(
    "request_",
    [
        "POST /api/pull",
        "POST /api/push",
        "POST /api/create",
        "POST /api/copy",
        "DELETE /api/delete",
        "POST /api/delete",
        f"HEAD /api/blobs/sha256:{'0' * 64}",
        f"POST /api/blobs/sha256:{'0' * 64}",
        "POST /api/pull/",
        "POST //api/pull",
        "POST /api//pull",
        "POST /api/%70ull",
        "POST /api/tags/../pull",
        "POST /API/pull",
        "POST /api/pull?x=/api/chat",
        "GET /api/tags/",
        "GET /api/%74ags",
        "GET /API/TAGS",
        "POST /api/tags",
        "DELETE /api/tags",
        "PUT /api/chat",
        "GET /v1/models/a/b",
        "GET /v1/../api/tags",
        "GET /api/me",
        "GET /no/such/place",
        "OPTIONS /api/chat",
    ],
)
def test_a_key_opens_nothing_but_what_is_listed(host: Any, request_: str) -> None:
    method, path = request_.split()
    assert knock(host, method, path).status in (400, 403)


def test_an_admins_key_manages_models(host: Any) -> None:
    copied = knock(host, "POST", "/api/copy", OPERATOR, body={"source": MODEL, "destination": "canary-copy"})
    assert copied.status == 200
    assert knock(host, "DELETE", "/api/delete", OPERATOR, body={"model": "canary-copy"}).status == 200
    for path in ("/api/pull/", "/api/%70ull", "/api/me"):
        assert knock(host, "POST", path, OPERATOR).status == 403


def test_pages_and_hosts_that_ollama_would_refuse_come_in_with_a_key(host: Any) -> None:
    assert knock(host, "GET", "/api/tags", headers={"Origin": "https://elsewhere.example.com"}).status == 200


def test_bodies_are_as_large_as_pictures(host: Any) -> None:
    large = {"Content-Length": str(40 << 20)}
    assert knock(host, "POST", "/api/chat", headers=large).status == 413
    assert knock(host, "POST", "/api/embed", body="{", zeros=20 << 20).status == 400


def test_a_key_has_so_many_requests_open_and_no_more(address: str, trust: ssl.SSLContext) -> None:
    def ask_for_long(key: str) -> int:
        body = {"model": MODEL, "prompt": "Hello?", "options": {"num_predict": 1000}, "keep_alive": 0}
        with httpx.Client(verify=trust) as client:
            url = f"https://{address}:11435/api/generate"
            return client.post(url, json=body, headers={"Authorization": f"Bearer {key}"}, timeout=120).status_code

    with ThreadPoolExecutor(8) as pool:
        phone = list(pool.map(ask_for_long, [PHONE] * 8))
    assert 429 in phone
    assert phone.count(200) >= 2
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(ask_for_long, [OPERATOR] * 8)) == {200}
