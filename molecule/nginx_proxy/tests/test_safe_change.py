"""Whatever goes wrong with a change, the site of before goes on serving, and what is said names the fault."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from scenario import Answer, Run, ask, machine

testinfra_hosts = [machine("nginx-proxy-debian12")]

NAME = "chat.example.com"
SITE = "/etc/nginx/conf.d/selfhosted_llm.conf"
Converge = Callable[..., Run]


def visit(host: Any, path: str = "/api/config", headers: dict[str, str] | None = None) -> Answer:
    return ask(host, "127.0.0.1", path, port=443, tls_name=NAME, headers={"Host": NAME, **(headers or {})})


@contextmanager
def foreign(host: Any, text: str) -> Iterator[None]:
    """A site of somebody else on the same nginx, which reads it when the role changes something."""
    host.run("printf %%s %s >/etc/nginx/conf.d/foreign.conf", text)
    try:
        yield
    finally:
        host.run("rm -f /etc/nginx/conf.d/foreign.conf; nginx -t && systemctl reload nginx")


@contextmanager
def full_disk(host: Any) -> Iterator[None]:
    """A file system without room for another file under the folder of the site."""
    host.check_output(
        "set -e; cd /etc/nginx; cp -a conf.d /run/conf.d; mount -t tmpfs -o size=32k tmpfs conf.d;"
        " cp -a /run/conf.d/. conf.d; ! cat /dev/zero >conf.d/full 2>/dev/null"
    )
    try:
        yield
    finally:
        host.check_output("umount /etc/nginx/conf.d && rm -r /run/conf.d")


def unchanged(host: Any, site: str) -> bool:
    """Whether the site of before is there, is fit for the next start, and serves."""
    same = host.file(SITE).content_string == site
    return same and host.run("nginx -t").succeeded and visit(host).status == 200


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        (
            {"nginx_proxy_extra_directives": {"server": "no_such_directive on;"}},
            'unknown directive "no_such_directive"',
        ),
        ({"nginx_proxy_upstreams": [{"address": "no-such-host.invalid:8080"}]}, "host not found in upstream"),
    ],
)
def test_a_variable_that_nginx_refuses(host: Any, converge: Converge, variables: dict[str, Any], words: str) -> None:
    site = host.file(SITE).content_string
    run = converge(**variables)
    assert words in run.failure
    assert f"{SITE}:" in run.failure, "it names the file that would have been, not the copy that was tried"
    assert run.changed == []
    assert unchanged(host, site)


def test_a_foreign_site_that_is_broken_is_named_on_every_run(host: Any, converge: Converge) -> None:
    site = host.file(SITE).content_string
    with foreign(host, "server { listen 8099; broken }"):
        for variables in ({}, {"nginx_proxy_read_timeout": "700s"}):
            run = converge(**variables)
            assert "/etc/nginx/conf.d/foreign.conf:1" in run.failure
            assert run.changed == []
            assert visit(host).status == 200
    assert unchanged(host, site)


def test_a_foreign_site_that_is_the_default_stays_so(host: Any, converge: Converge) -> None:
    theirs = "server { listen 80 default_server; listen [::]:80 default_server; return 200 theirs; }"
    host.run("printf %%s %s >/etc/nginx/sites-enabled/default", theirs)
    try:
        assert "a duplicate default server" in converge().failure
        assert converge(nginx_proxy_default_server=False).rc == 0
        assert ask(host, "127.0.0.1", headers={"Host": "other.example.com"}).text == "theirs"
        assert visit(host).status == 200
        assert host.file("/etc/nginx/sites-enabled/default").content_string == theirs
    finally:
        host.run("rm -f /etc/nginx/sites-enabled/default; systemctl reload nginx")


def test_a_disk_that_is_full(host: Any, converge: Converge) -> None:
    site = host.file(SITE).content_string
    with full_disk(host):
        run = converge(nginx_proxy_extra_directives={"server": "# A long line of many.\n" * 2000})
        assert "No space left on device" in run.failure
        assert host.file(SITE).content_string == site
        assert visit(host).status == 200
    assert unchanged(host, site)


def test_a_configuration_that_nginx_only_refuses_when_it_is_to_work_by_it(host: Any, converge: Converge) -> None:
    zone = "limit_conn_zone {key} zone=somebody:1m;"
    assert converge(nginx_proxy_extra_directives={"http": zone.format(key="$server_name")}).rc == 0
    other = {"http": zone.format(key="$binary_remote_addr")}
    for _attempt in ("the first", "the second says it too"):
        run = converge(nginx_proxy_extra_directives=other)
        assert "did not take it over all the same" in run.failure
        assert visit(host).status == 200


def test_a_port_that_is_taken(host: Any, converge: Converge) -> None:
    host.run("setsid python3 -m http.server 8098 --bind 127.0.0.1 >/dev/null 2>&1 & echo $! >/run/taken.pid")
    try:
        run = converge(nginx_proxy_https_port=8098)
    finally:
        host.run("kill $(cat /run/taken.pid)")
    assert 'Port 8098 on nginx-proxy-debian12 is taken by "python3"' in run.failure
    assert "or set nginx_proxy_https_port to a free port" in run.failure
    assert run.changed == []


def test_a_machine_that_cannot_say_who_listens(host: Any, converge: Converge) -> None:
    ss = host.check_output("command -v ss")
    host.check_output("mv %s /run/ss", ss)
    try:
        run = converge()
    finally:
        host.check_output("mv /run/ss %s", ss)
    assert "ss cannot say who listens on nginx-proxy-debian12" in run.failure
    assert run.changed == []


def test_a_run_that_ended_before_the_reload_is_finished_by_the_next(host: Any, converge: Converge) -> None:
    assert converge().rc == 0
    host.run("touch %s", SITE)
    run = converge()
    assert [task.partition(" : ")[2] for task in run.changed] == [
        "Service | Have nginx read what an earlier run left",
        "Let nginx read its configuration",
    ]
    assert converge().changed == []


def test_what_a_client_says_of_itself_is_not_passed_on_and_a_foreign_site_stays(host: Any, converge: Converge) -> None:
    names = ["remote_email", "x_forwarded_email", "x_forwarded_for", "x_real_ip", "x_own", "x_webauth_user"]
    told = "|".join(f"$http_{name}" for name in names)
    claims = {name.replace("_", "-"): "1.2.3.4" for name in names}
    with foreign(host, f"server {{ listen 8099; return 200 '{told}'; }}"):
        echo = {"nginx_proxy_upstreams": [{"address": "127.0.0.1:8099"}], "nginx_proxy_verify": False}
        assert converge(**echo, nginx_proxy_stripped_headers=["X-Own"]).rc == 0
        assert visit(host, "/", claims).text == "||127.0.0.1|127.0.0.1||"
        echo["nginx_proxy_frame_ancestors"] = ["'self'", "https://home.example.com"]
        assert converge(**echo, nginx_proxy_identity_headers=["Remote-Email"]).rc == 0
        answer = visit(host, "/", claims)
        assert answer.text == "1.2.3.4||127.0.0.1|127.0.0.1|1.2.3.4|"
        assert answer.headers["Content-Security-Policy"] == "frame-ancestors 'self' https://home.example.com"


def test_one_of_several_upstreams_that_is_dead_is_skipped(host: Any, converge: Converge) -> None:
    with foreign(host, "server { listen 8099; return 200 alive; }"):
        upstreams = [{"address": "127.0.0.1:9"}, {"address": "127.0.0.1:8099"}]
        assert converge(nginx_proxy_upstreams=upstreams, nginx_proxy_verify=False).rc == 0
        assert {visit(host, "/").text for _attempt in range(6)} == {"alive"}


def test_where_all_upstreams_have_failed_one_that_is_back_is_asked_at_once(host: Any, converge: Converge) -> None:
    """nginx leaves each that failed out for ten seconds."""
    site = "server { listen 8097; if (-f /run/gone) { return 444; } return 200 alive; }"
    with foreign(host, site):
        upstreams = [{"address": "127.0.0.1:9"}, {"address": "127.0.0.1:8097"}]
        assert converge(nginx_proxy_upstreams=upstreams, nginx_proxy_verify=False).rc == 0
        host.check_output("touch /run/gone")
        try:
            assert {visit(host, "/").status for _attempt in range(3)} == {502}
        finally:
            host.check_output("rm /run/gone")
        assert {visit(host, "/").text for _attempt in range(3)} == {"alive"}


@pytest.mark.parametrize(("path", "status"), [("/api/chat/completions", 200), ("/api/v1/chats/new", 502)])
def test_what_a_lost_server_had_not_answered(host: Any, converge: Converge, path: str, status: int) -> None:
    """A question is asked of another, and what would be there twice is not."""
    with foreign(host, "server { listen 8098; return 444; } server { listen 8099; return 200 alive; }"):
        upstreams = [{"address": "127.0.0.1:8098"}, {"address": "127.0.0.1:8099"}]
        assert converge(nginx_proxy_upstreams=upstreams, nginx_proxy_verify=False).rc == 0
        asked = {"method": "POST", "zeros": 200_000, "headers": {"Host": NAME}}
        assert ask(host, "127.0.0.1", path, port=443, tls_name=NAME, **asked).status == status


def test_a_server_that_has_lost_its_database_is_left_out(host: Any, converge: Converge) -> None:
    with foreign(host, "server { listen 8096; return 503; } server { listen 8099; return 200 alive; }"):
        upstreams = [{"address": "127.0.0.1:8096"}, {"address": "127.0.0.1:8099"}]
        assert converge(nginx_proxy_upstreams=upstreams, nginx_proxy_verify=False).rc == 0
        assert {visit(host, "/").text for _attempt in range(6)} == {"alive"}


def test_a_visit_that_fails_says_why(converge: Converge) -> None:
    run = converge(nginx_proxy_upstreams=[{"address": "127.0.0.1:9"}])
    assert "a proxy that does not reach Open WebUI (502)" in run.failure
