"""People come from a real identity provider, and the role goes on when passwords are off."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest
from scenario import Answer, Run, ask, machine, run_playbook

HOST = "open-webui-debian12"
testinfra_hosts = [machine(HOST)]
pytestmark = pytest.mark.usefixtures("first_start")

SINGLE_SIGN_ON = "molecule/open_webui/single_sign_on.yml"
PASSWORD = "canary-open-webui-admin"
KEY_FILE = "/etc/selfhosted_llm/open_webui_api_key"
SECRET_FILE = "/etc/selfhosted_llm/open_webui.env"

# What a browser does for somebody who enters a name and a password at the provider: Glewlwyd's page asks for the
# password, then whether Open WebUI may know who it is, and goes on from where it came.
SIGN_IN = """
import json, sys, requests
name, provider, chat = sys.argv[1:]
browser = requests.Session()
begin = browser.get(chat + "/oauth/oidc/login", allow_redirects=False).headers["location"]
assert browser.get(begin, allow_redirects=False).headers["location"].startswith(provider + "/login.html")
entered = {"username": name, "password": name + "-password"}
browser.post(provider + "/api/auth/", json=entered).raise_for_status()
browser.put(provider + "/api/auth/grant/open-webui", json={"scope": "openid email profile"}).raise_for_status()
back = browser.get(begin + "&g_continue", allow_redirects=False).headers["location"]
assert back.startswith(chat + "/oauth/oidc/callback?"), back
end = browser.get(back, allow_redirects=False).headers["location"]
json.dump({"location": end, "token": browser.cookies.get("token")}, sys.stdout)
"""


@dataclass(frozen=True)
class Visit:
    """Where a sign-in at the provider ended, and with which session."""

    location: str
    token: str | None


def sign_in(host: Any, name: str) -> Visit:
    provider, chat = "http://127.0.0.1:4593", "http://localhost:8080"
    return Visit(**json.loads(host.check_output("python3 -c %s %s %s %s", SIGN_IN, name, provider, chat)))


def request(host: Any, path: str, token: str | None = None, **arguments: Any) -> Answer:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return ask(host, "127.0.0.1", path, port=8080, headers=headers, **arguments)


def run_role(**variables: Any) -> Run:
    return run_playbook(SINGLE_SIGN_ON, HOST, "--extra-vars", json.dumps(variables))


def key_of(host: Any) -> str:
    """The API key that the role keeps."""
    file = host.file(KEY_FILE)
    assert (file.user, file.mode) == ("root", 0o600)
    return str(file.content_string.strip())


def environment_file(host: Any) -> dict[str, str]:
    """The file of secrets as Open WebUI's own parser reads it."""
    read = "import json, dotenv; print(json.dumps(dotenv.dotenv_values('/app/.env')))"
    return dict(json.loads(host.check_output("docker exec open-webui python3 -c %s", read)))


def test_a_secret_arrives_as_it_was_declared(host: Any) -> None:
    assert environment_file(host) == {
        "OAUTH_CLIENT_SECRET": "canary-client's ${HOME} \\secret\\",
        "WEBHOOK_SECRET": "canary-webhook",
    }


def test_nobody_signs_in_with_a_password(host: Any) -> None:
    config = request(host, "/api/config").json()
    assert config["oauth"]["providers"] == {"oidc": "Example login"}
    assert config["features"]["enable_login_form"] is False
    body = {"email": "admin@example.com", "password": PASSWORD}
    assert request(host, "/api/v1/auths/signin", method="POST", body=body).status == 403


@pytest.mark.parametrize(("name", "role", "groups"), [("alice", "user", {"Writers"}), ("boss", "admin", set())])
def test_who_signs_in_gets_an_account_with_role_and_groups(host: Any, name: str, role: str, groups: set[str]) -> None:
    visit = sign_in(host, name)
    assert visit.location == "http://localhost:8080/auth"
    me = request(host, "/api/v1/auths/", visit.token).json()
    assert (me["name"], me["email"], me["role"]) == (name.capitalize(), f"{name}@example.com", role)
    key = key_of(host)
    found = request(host, f"/api/v1/users/?query={name}", key).json()["users"]
    names = {group["id"]: group["name"] for group in request(host, "/api/v1/groups/", key).json()}
    assert [{names[group] for group in account["group_ids"]} for account in found] == [groups]


def address_in_links(host: Any) -> str:
    description = request(host, "/opensearch.xml").text
    return description.partition("<moz:SearchForm>")[2].partition("</moz:SearchForm>")[0]


def test_links_have_the_first_public_address(host: Any) -> None:
    assert address_in_links(host) == "http://localhost:8080"


def test_who_has_none_of_the_roles_is_turned_away(host: Any) -> None:
    visit = sign_in(host, "mallory")
    assert visit.location.startswith("http://localhost:8080/auth?error=")
    assert visit.token is None
    assert request(host, "/api/v1/users/?query=mallory", key_of(host)).json()["users"] == []


def test_again_it_changes_nothing() -> None:
    run = run_role()
    assert (run.rc, run.changed) == (0, []), run.output


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"open_webui_oidc": {"password_login": False}}, "open_webui_oidc of {} lacks provider_url and client_id"),
        (
            {"open_webui_environment": {"OAUTH_SCOPES": "openid"}},
            "open_webui_environment of {} sets OAUTH_SCOPES: use open_webui_oidc.scopes instead",
        ),
        (
            {"open_webui_secret_environment": {"RAG_OPENAI_API_KEY": "x"}},
            "open_webui_secret_environment of {} sets RAG_OPENAI_API_KEY, which Open WebUI stores",
        ),
        ({"open_webui_settings": {"ENABLE_API_KEYS": False}}, "open_webui_settings of {} sets ENABLE_API_KEYS"),
        ({"open_webui_api_token": "sk-canary"}, "Open WebUI on {} does not take open_webui_api_token ("),
    ],
)
def test_what_cannot_be_right_is_refused(variables: dict[str, Any], sentence: str) -> None:
    run = run_role(**variables)
    assert sentence.format(HOST) in run.failure
    assert run.changed == []


def test_a_revoked_key_is_said_with_the_way_out(host: Any) -> None:
    assert request(host, "/api/v1/auths/api_key", key_of(host), method="DELETE").text == "true"
    # A changed secret on the way: it reaches the server that goes on running.
    run = run_role(webhook_secret="canary-newer")
    assert f"Open WebUI on {HOST} takes no passwords, and no longer the API key in {KEY_FILE} (" in run.failure
    assert "set open_webui_oidc.password_login to true for one run, and to false again for the next" in run.failure
    assert [task.split(" : ")[1].split(" | ")[0] for task in run.changed] == ["Install", "Service"]
    assert environment_file(host)["WEBHOOK_SECRET"] == "canary-newer"


def test_without_it_passwords_are_back_and_no_secret_stays(host: Any) -> None:
    own = {"WEBUI_URL": "https://elsewhere.example.com"}
    run = run_role(open_webui_oidc={}, open_webui_secret_environment={}, open_webui_settings=own)
    assert run.rc == 0, run.output
    assert address_in_links(host) == own["WEBUI_URL"], "what the inventory names goes first"
    config = request(host, "/api/config").json()
    assert (config["oauth"]["providers"], config["features"]["enable_login_form"]) == ({}, True)
    assert not host.file(SECRET_FILE).exists
    assert host.run("docker exec open-webui cat /app/.env").failed


def test_a_server_with_passwords_goes_over_to_the_provider(host: Any) -> None:
    revoked = key_of(host)
    run = run_role()
    assert run.rc == 0, run.output
    assert key_of(host) != revoked
    assert request(host, "/api/v1/auths/admin/config", key_of(host)).status == 200
    assert sign_in(host, "alice").location == "http://localhost:8080/auth"
