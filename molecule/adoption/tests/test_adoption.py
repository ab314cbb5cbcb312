"""What somebody set up by hand is taken over with all that is in it, or left alone with one sentence."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pytest
from household import ADA, ME, Household
from scenario import Refused, Run, ask, run_playbook
from versions import OPEN_WEBUI_VERSION

DEBIAN12 = "adoption-debian12"
DEBIAN13 = "adoption-debian13"
BOTH = "adoption_hosts"
OPEN_WEBUI = "molecule/stack/one_role.yml"
EVERYTHING = "molecule/adoption/converge.yml"


@dataclass
class Home(Household):
    """A machine that somebody set up by hand, and what is in it."""

    container: str = ""
    data: str = ""
    key: str = ""

    def note(self) -> None:
        """What must not change while it is left alone."""
        self.connect()
        self.container = self.host.check_output("docker inspect open-webui --format '{{.Id}}'")
        place = """{{or (index .Options "device") .Mountpoint}}"""
        self.data = self.host.check_output("docker volume inspect open-webui --format %s", place)

    def refused(self, run: Run) -> str:
        """The sentence with which it was left alone, as it was."""
        failed = [each.result["msg"] for each in run.outcomes if each.host == self.name and each.result.get("failed")]
        assert failed, run.output
        assert self.host.check_output("docker inspect open-webui --format '{{.Id}}'") == self.container
        assert self.request("/api/v1/auths/", port=self.port).json()["email"] == ME["email"]
        volumes = self.host.check_output("docker volume ls --quiet").split()
        assert [volume for volume in volumes if volume.startswith("open-webui")] == ["open-webui"]
        assert leaked(run) == []
        return str(failed[-1])


def leaked(run: Run) -> list[str]:
    """The secrets in what Ansible printed."""
    secrets = [ME["password"], "canary-wrong", "canary-key-of-sessions", "eyJhbGciOi"]
    return [secret for secret in [*secrets, *(home.key for home in HOMES.values())] if secret and secret in run.output]


HOMES = {DEBIAN12: Home(DEBIAN12, 8080), DEBIAN13: Home(DEBIAN13, 3000)}


@pytest.fixture(scope="module", autouse=True)
def homes() -> dict[str, Home]:
    made = run_playbook("molecule/adoption/by_hand.yml", BOTH, json_output=False)
    assert made.rc == 0, made.output
    for home in HOMES.values():
        home.note()
        home.fill()
    HOMES[DEBIAN12].key = HOMES[DEBIAN12].host.check_output("docker exec open-webui cat .webui_secret_key")
    HOMES[DEBIAN13].key = "canary-key-of-sessions"
    return HOMES


@pytest.fixture(params=[DEBIAN12, DEBIAN13])
def home(request: pytest.FixtureRequest) -> Home:
    return HOMES[request.param]


def open_webui(limit: str, *arguments: str, **variables: Any) -> Run:
    return run_playbook(OPEN_WEBUI, limit, "--extra-vars", json.dumps({"role": "open_webui", **variables}), *arguments)


def for_each(debian12: str, debian13: str) -> str:
    """A value that differs between the machines."""
    return f"{{{{ {{'{DEBIAN12}': '{debian12}', '{DEBIAN13}': '{debian13}'}}[inventory_hostname] }}}}"


def test_nothing_is_touched_without_credentials_of_an_admin(homes: dict[str, Home]) -> None:
    password = for_each("", ADA["password"])
    run = open_webui(BOTH, open_webui_admin_email=ADA["email"], open_webui_admin_password=password)
    assert run.changed == []
    assert "has 2 accounts already: give those of an admin in open_webui_admin_email" in homes[DEBIAN12].refused(run)
    assert f"{ADA['email']} of Open WebUI on {DEBIAN13} is no admin" in homes[DEBIAN13].refused(run)


def test_nothing_is_touched_with_wrong_credentials(homes: dict[str, Home]) -> None:
    token = for_each("", "sk-canary-wrong")
    run = open_webui(BOTH, open_webui_admin_password="canary-wrong", open_webui_api_token=token)
    assert run.changed == []
    assert "http://127.0.0.1:8080 does not let Me@Example.com sign in" in homes[DEBIAN12].refused(run)
    assert f"{DEBIAN13} does not take open_webui_api_token" in homes[DEBIAN13].refused(run)


def test_nothing_is_touched_without_room_for_a_copy(homes: dict[str, Home]) -> None:
    for home in homes.values():
        # Larger than any disk here, and not a byte on it.
        home.host.check_output(f"truncate --size=8T {home.data}/uploads/film.mkv")
    run = open_webui(BOTH)
    for home in homes.values():
        home.host.check_output(f"rm {home.data}/uploads/film.mkv")
    assert run.changed == []
    for home in homes.values():
        assert f"no room on {home.name} for a copy of the data of Open WebUI" in home.refused(run)


def test_check_mode_tells_what_would_change_and_touches_nothing(homes: dict[str, Home]) -> None:
    run = open_webui(BOTH, "--check", "--diff")
    assert run.rc == 0, run.output
    assert f"v0.10.2 (0.10.2) becomes ghcr.io/open-webui/open-webui:v{OPEN_WEBUI_VERSION}" in run.output
    assert "with port 3000 becomes host, with port 8080 at 127.0.0.1" in run.output
    assert "because Open WebUI has stored it: DEFAULT_LOCALE" in run.output
    assert "unless open_webui_environment has it: SCARF_NO_ANALYTICS" in run.output
    assert leaked(run) == []
    for home in homes.values():
        assert (
            home.host.check_output("docker inspect open-webui --format '{{.Id}} {{.State.Running}}'")
            == f"{home.container} true"
        )


def wait(home: Home) -> None:
    for _attempt in range(120):
        with suppress(Refused):
            if "json" in home.request("/ready", port=home.port).headers.get("content-type", ""):
                return
        time.sleep(1)
    raise AssertionError(home.host.check_output("docker logs --tail 20 open-webui 2>&1"))


# Which page of a database begins a table that no server reads when it starts.
PAGE = """
import sqlite3, sys
database = sqlite3.connect(sys.argv[1])
database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
print(database.execute("SELECT rootpage - 1 FROM sqlite_master WHERE name = 'feedback'").fetchone()[0])
"""


@pytest.fixture
def damaged() -> Iterator[Home]:
    """A database with a page that nobody reads until the whole is looked at."""
    home = HOMES[DEBIAN13]
    database = f"{home.data}/webui.db"
    home.host.check_output("docker stop open-webui")
    number = home.host.check_output("python3 -c %s %s", PAGE, database)
    home.host.check_output(f"cp {database} /root/webui.db")
    home.host.check_output(f"head -c 4096 /bin/sh | dd of={database} bs=4096 seek={number} conv=notrunc status=none")
    home.host.check_output("docker start open-webui")
    yield home
    home.host.check_output(f"docker stop open-webui && cp /root/webui.db {database} && docker start open-webui")


def test_a_copy_that_is_damaged_lets_the_old_server_go_on(damaged: Home) -> None:
    run = open_webui(DEBIAN13)
    wait(damaged)
    sentence = damaged.refused(run)
    assert (
        f"The data of Open WebUI on {DEBIAN13} cannot be copied, so it goes on as before: its database is damaged"
        in sentence
    )


@pytest.fixture(scope="module")
def adopted(homes: dict[str, Home]) -> Run:
    """The first run on the machines, one of which a run that was ended has left behind with half a copy."""
    home = homes[DEBIAN12]
    half = f"open-webui-before-{home.container[:12]}"
    home.host.check_output(f"docker stop open-webui && docker volume create {half}")
    home.host.check_output(f"touch /var/lib/docker/volumes/{half}/_data/half")
    return run_playbook(EVERYTHING, BOTH, "--diff")


def test_a_site_that_would_answer_in_the_place_of_the_door_is_named(adopted: Run, homes: dict[str, Home]) -> None:
    assert f"On {DEBIAN13} /etc/nginx/sites-enabled/open-webui has a site for" in adopted.failure
    assert (
        "on port 80, where this role's would be: take that site away (rm /etc/nginx/sites-enabled/open-webui,"
        in adopted.failure
    )
    past = f"On {DEBIAN12} /etc/nginx/sites-enabled/open-webui leads to Open WebUI past this role's site"
    assert past in adopted.output
    homes[DEBIAN13].host.check_output("rm /etc/nginx/sites-enabled/open-webui")


def test_the_second_run_finishes_what_was_left_and_changes_nothing_else(adopted: Run) -> None:
    run = run_playbook(EVERYTHING, BOTH)
    assert run.rc == 0, run.output
    assert run.changed_on(DEBIAN12) == []
    assert [task for task in run.changed_on(DEBIAN13) if "nginx_proxy : " not in task] == []
    assert leaked(adopted) + leaked(run) == []


@pytest.mark.usefixtures("adopted")
def test_who_was_signed_in_still_is(home: Home) -> None:
    for session, account in enumerate((ME, ADA)):
        assert home.request("/api/v1/auths/", session=session).json()["email"] == account["email"]
    key = home.host.file(f"{home.data}/.webui_secret_key")
    assert (key.content_string.strip(), key.user, key.mode) == (home.key, "root", 0o600)
    assert home.key not in home.host.check_output("docker inspect open-webui")
    assert home.request("/api/version").json()["version"] == OPEN_WEBUI_VERSION


@pytest.mark.usefixtures("adopted")
def test_what_people_made_is_still_there(home: Home) -> None:
    assert home.lost() == []
    models = {model["id"] for model in home.request("/api/models").json()["data"]}
    assert {"llama3:latest", "all-minilm:latest"} <= models


def test_the_copy_of_before_can_be_opened(adopted: Run, home: Home) -> None:
    copy = f"open-webui-before-{home.container[:12]}"
    assert f"with 2 accounts, are in the volume {copy}. When all is well: docker volume rm {copy}" in adopted.output
    folder = f"/var/lib/docker/volumes/{copy}/_data"
    assert not {"cache", "half"} & set(home.host.file(folder).listdir())
    count = "import sqlite3; print(sqlite3.connect('{}/webui.db').execute('SELECT count(*) FROM chat').fetchone()[0])"
    assert home.host.check_output("python3 -c %s", count.format(folder)) == "1"


@pytest.mark.usefixtures("adopted")
def test_a_foreign_site_answers_as_before(home: Home) -> None:
    for port in (80, 8099):
        assert ask(home.host, "127.0.0.1", port=port, headers={"Host": "paper.example.com"}).text == "paper"
    assert home.request("/api/config", port=80).json()["version"] == OPEN_WEBUI_VERSION


@pytest.mark.usefixtures("adopted")
def test_data_in_a_folder_become_the_volume_by_the_command_that_the_sentence_gives(homes: dict[str, Home]) -> None:
    """They stay where they are, and nobody is signed out, whether a file or a variable of the container has the key."""
    options = {DEBIAN12: "--network=host", DEBIAN13: f"-p 3000:8080 -e WEBUI_SECRET_KEY={homes[DEBIAN13].key}"}
    for home in homes.values():
        home.host.check_output(f"docker rm --force open-webui && mv {home.data} '/srv/our chat'")
        home.host.check_output("docker volume rm open-webui && rm '/srv/our chat/.webui_secret_key'")
        by_hand = f"docker run --detach {options[home.name]} -v '/srv/our chat:/app/backend/data' --name open-webui"
        home.host.check_output(f"{by_hand} ghcr.io/open-webui/open-webui:v{OPEN_WEBUI_VERSION}")
    for home in homes.values():
        wait(home)
    accounts = [{key: account[key] for key in ("email", "password")} for account in (ME, ADA)]
    # The file is a new one, as the container is.
    homes[DEBIAN12].sessions = [homes[DEBIAN12].make("/api/v1/auths/signin", each)["token"] for each in accounts]
    refused = open_webui(BOTH)
    assert refused.changed == []
    for outcome in refused.outcomes:
        if outcome.result.get("failed"):
            [command] = re.findall(r"with '(docker .*)' there\. Then", outcome.result["msg"])
            homes[outcome.host].host.check_output(command)
    taken = open_webui(BOTH)
    assert taken.rc == 0, taken.output
    assert leaked(refused) + leaked(taken) == []
    for home in homes.values():
        assert home.host.file("/srv/our chat/webui.db").exists
        assert home.lost() == []
    assert open_webui(BOTH).changed == []


@pytest.mark.usefixtures("adopted")
def test_a_database_that_is_newer_than_the_declared_version_is_left_alone() -> None:
    home = HOMES[DEBIAN12]
    home.host.check_output("docker rm --force open-webui")
    image = f"ghcr.io/open-webui/open-webui:v{OPEN_WEBUI_VERSION}"
    by_hand = f"docker create -v open-webui:/app/backend/data --name open-webui {image}"
    made = home.host.check_output(by_hand)
    run = open_webui(DEBIAN12, open_webui_version="0.10.2")
    assert run.changed == []
    assert f"Open WebUI on {DEBIAN12} is of version {OPEN_WEBUI_VERSION}, which 0.10.2 cannot read" in run.failure
    assert home.host.check_output("docker inspect open-webui --format '{{.Id}}'") == made
