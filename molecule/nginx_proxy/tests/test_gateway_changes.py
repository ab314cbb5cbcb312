"""The gateway as its variables change: keys come and go, and what cannot be right is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from scenario import Run, ask, machine

testinfra_hosts = [machine("nginx-proxy-debian12")]

PHONE = "canary-gateway-key-of-the-phone"
OPERATOR = "canary-gateway-key-of-the-operator"
NAME = "chat.example.com"
Converge = Callable[..., Run]


def status(host: Any, key: str) -> int:
    """How the gateway answers to a key."""
    headers = {"Authorization": f"Bearer {key}"}
    return ask(host, "127.0.0.1", "/api/tags", port=11435, tls_name=NAME, headers=headers).status


def test_a_key_is_replaced_without_a_gap(host: Any, converge: Converge) -> None:
    new = "canary-new-gateway-key-of-the-phone"
    old = {"name": "phone", "key": PHONE, "connections": 2}
    for keys in ([old, {**old, "key": new}], [{**old, "key": new}]):
        run = converge("--diff", nginx_proxy_gateway_keys=keys)
        assert run.rc == 0, run.output
        assert run.changed[-1].endswith("Let nginx read its configuration")
        assert "canary" not in run.output
        assert status(host, new) == 200
        assert status(host, PHONE) == (200 if len(keys) == 2 else 401)
        assert converge(nginx_proxy_gateway_keys=keys).changed == []


def test_without_keys_there_is_no_gateway(host: Any, converge: Converge) -> None:
    run = converge(nginx_proxy_gateway_keys=[])
    assert run.rc == 0, run.output
    assert not host.file("/etc/nginx/selfhosted_llm/gateway_keys.conf").exists
    assert not host.socket("tcp://0.0.0.0:11435").is_listening
    assert converge(nginx_proxy_gateway_keys=[]).changed == []


def test_the_gateway_alone(host: Any, converge: Converge) -> None:
    run = converge(nginx_proxy_upstreams=[], nginx_proxy_tls="none")
    assert run.rc == 0, run.output
    assert not host.socket("tcp://0.0.0.0:80").is_listening
    answer = ask(host, "127.0.0.1", "/api/version", port=11435, headers={"Authorization": f"Bearer {PHONE}"})
    assert answer.status == 200


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"nginx_proxy_gateway_keys": [{"name": "a", "key": "short"}]}, "must have 20 characters or more"),
        ({"nginx_proxy_gateway_keys": [{"name": "a", "key": 'canary"; return 200; ' * 2}]}, "of A to Z, a to z"),
        ({"nginx_proxy_gateway_keys": [{"name": "a", "key": f"{PHONE}\n"}]}, "no line break at its end"),
        ({"nginx_proxy_gateway_keys": [{"name": "a b", "key": PHONE}]}, "a name in nginx_proxy_gateway_keys"),
        ({"nginx_proxy_gateway_keys": [{"name": "default", "key": PHONE}]}, "is not default or include"),
        (
            {"nginx_proxy_gateway_keys": [{"name": "a", "key": PHONE, "admin": "no"}]},
            "admin is true or false and connections a number",
        ),
        (
            {"nginx_proxy_gateway_keys": [{"name": "a", "key": PHONE}, {"name": "b", "key": PHONE}]},
            "may be there only once",
        ),
        (
            {"nginx_proxy_gateway_keys": [{"name": "a", "key": PHONE}, {"name": "a", "key": OPERATOR, "admin": True}]},
            "must be equal in admin and connections",
        ),
        (
            {"nginx_proxy_gateway_upstreams": [{"address": "127.0.0.1:1"}, {"address": "127.0.0.1:2"}]},
            "a pull would reach only one of them",
        ),
        ({"nginx_proxy_upstreams": [], "nginx_proxy_gateway_keys": []}, "there is nothing to do"),
    ],
)
def test_what_cannot_be_right_is_refused(converge: Converge, variables: dict[str, Any], sentence: str) -> None:
    run = converge(**variables)
    assert sentence in run.failure
    assert run.changed == []
    assert "canary" not in run.output


def test_an_ollama_that_does_not_answer_is_told(converge: Converge) -> None:
    keys = [{"name": "phone", "key": PHONE, "connections": 2}]
    run = converge(nginx_proxy_gateway_upstreams=[{"address": "127.0.0.1:9"}], nginx_proxy_gateway_keys=keys)
    assert "no Ollama answers behind it at 127.0.0.1:9 (status 502)" in run.failure
    assert "canary" not in run.output


def test_a_gateway_that_was_left_out_of_use_is_in_use_again(host: Any, converge: Converge) -> None:
    """As a rollout leaves it that somebody ended."""
    assert converge().rc == 0
    host.check_output("touch /run/selfhosted_llm_gateway_away")
    assert status(host, PHONE) == 503
    run = converge()
    assert run.rc == 0, run.output
    assert [task.rpartition("| ")[2] for task in run.changed] == ["Have it answer again where it was out of use"]
    assert status(host, PHONE) == 200
    assert converge().changed == []


@pytest.mark.parametrize("size", [1, 200_000])
def test_a_question_goes_on_to_another_machine(host: Any, converge: Converge, size: int) -> None:
    """Also one that nginx does not hold in memory. The first machine was taken out of use."""
    ollama = host.check_output("sed --quiet 's/^ *server \\(.*:11434\\);/\\1/p' /etc/nginx/conf.d/selfhosted_llm.conf")
    away = "server { listen 8098; return 503; }"
    host.run("printf %%s %s >/etc/nginx/conf.d/foreign.conf", away)
    try:
        run = converge(
            nginx_proxy_gateway_upstreams=[{"address": "127.0.0.1:8098"}, {"address": ollama}],
            nginx_proxy_gateway_keys=[{"name": "phone", "key": PHONE}],
        )
        assert run.rc == 0, run.output
        headers = {"Authorization": f"Bearer {PHONE}"}
        answer = ask(
            host,
            "127.0.0.1",
            "/api/generate",
            port=11435,
            tls_name=NAME,
            method="POST",
            headers=headers,
            body='{"model": "llama3", "prompt": "Who?", "stream": false, "not_read": "',
            zeros=size,
            tail='"}',
        )
        assert answer.status == 200
    finally:
        host.check_output("rm /etc/nginx/conf.d/foreign.conf")
