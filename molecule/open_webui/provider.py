"""Gives a Glewlwyd with its first settings a client, groups as a claim, and people.

Usage: provider.py SETTINGS, as JSON: url, secret, redirect_uri, people (names with their groups). A person's password
is NAME-password.
"""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.error
import urllib.request
from http.cookiejar import CookieJar
from typing import Any

SCOPES = ["openid", "email", "profile"]


class Provider:
    """Glewlwyd's API, signed in as the admin that its package makes."""

    def __init__(self, url: str) -> None:
        self._url = f"{url}/api"
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
        self.ask("POST", "/auth/", {"username": "admin", "password": "password"})

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        request = urllib.request.Request(
            self._url + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        with self._opener.open(request) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def put(self, kind: str, name: str, body: Any) -> None:
        """Make it, or change what is there, which stays the same to those who know it."""
        try:
            self.ask("GET", f"/{kind}/{name}")
        except urllib.error.HTTPError as error:
            if error.code != 404:
                raise
            self.ask("POST", f"/{kind}/", body)
        else:
            self.ask("PUT", f"/{kind}/{name}", body)


def openssl(*arguments: str, text: str = "") -> str:
    return subprocess.run(["openssl", *arguments], input=text, capture_output=True, text=True, check=True).stdout


def main(settings: dict[str, Any]) -> None:
    provider = Provider(settings["url"])
    # People have groups, which is nothing that Glewlwyd knows by itself.
    people = provider.ask("GET", "/mod/user/database")
    people["parameters"]["data-format"]["groups"] = {"multiple": True, "read": True, "write": True}
    provider.ask("PUT", "/mod/user/database", people)
    provider.ask("PUT", "/mod/user/database/reset/")

    key = openssl("genrsa", "2048")
    parameters = {
        "iss": f"{settings['url']}/api/oidc",
        "jwt-type": "rsa",
        "jwt-key-size": "256",
        "key": key,
        "cert": openssl("rsa", "-pubout", text=key),
        "jwks-show": True,
        "access-token-duration": 3600,
        "refresh-token-duration": 86400,
        "code-duration": 600,
        "refresh-token-rolling": True,
        "allow-non-oidc": False,
        "auth-type-code-enabled": True,
        "auth-type-token-enabled": False,
        "auth-type-id-token-enabled": True,
        "auth-type-none-enabled": False,
        "auth-type-password-enabled": False,
        "auth-type-client-enabled": False,
        "auth-type-device-enabled": False,
        "auth-type-refresh-enabled": True,
        "pkce-allowed": True,
        "subject-type": "public",
        "allowed-scope": ["openid"],
        "name-claim": "mandatory",
        "email-claim": "mandatory",
        "scope-claim": "no",
        "claims": [{"name": "groups", "user-property": "groups", "type": "string", "mandatory": True, "scope": []}],
    }
    plugin = {"module": "oidc", "name": "oidc", "display_name": "OpenID Connect", "parameters": parameters}
    provider.put("mod/plugin", "oidc", plugin)
    provider.ask("PUT", "/mod/plugin/oidc/reset/")
    for scope in SCOPES[1:]:
        provider.put("scope", scope, {"name": scope, "display_name": scope, "password_required": True, "scheme": {}})
    client = {
        "client_id": "open-webui",
        "name": "Open WebUI",
        "enabled": True,
        "confidential": True,
        "client_secret": settings["secret"],
        "redirect_uri": [settings["redirect_uri"]],
        "authorization_type": ["code", "refresh_token"],
        "token_endpoint_auth_method": ["client_secret_basic"],
        "scope": [],
    }
    provider.put("client", "open-webui", client)
    for name, groups in settings["people"].items():
        person = {
            "username": name,
            "name": name.capitalize(),
            "email": f"{name}@example.com",
            "password": f"{name}-password",
            "enabled": True,
            "scope": SCOPES,
            "groups": groups,
        }
        provider.put("user", name, person)


main(json.loads(sys.argv[1]))
