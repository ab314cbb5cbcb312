"""What playbooks/vars makes of an inventory: who asks whom, at which address, by which key."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader
from ansible.playbook.play import Play
from ansible.plugins.loader import init_plugin_loader
from ansible.template import Templar
from ansible.vars.hostvars import HostVars
from ansible.vars.manager import VariableManager

ROOT = Path(__file__).parents[3]
VARS = [str(ROOT / "playbooks" / "vars" / name) for name in ("topology.yml", "several_machines.yml", "given.yml")]
KEY = [{"name": "chat", "key": "k" * 40}]
OTHER_KEY = [{"name": "chat", "key": "o" * 40}]
HOUSE = {"nginx_proxy_tls": "local_ca", "nginx_proxy_local_ca_on": "controller", "nginx_proxy_local_ca_path": "/ca"}
DATABASE = {
    "ansible_host": "10.0.0.41",
    "open_webui_database_password": "p@ss/w:rd",
    "open_webui_database_valkey_password": "v",
}

# As the command line does, for lookups.
init_plugin_loader()


class Inventory:
    """Groups of hosts with their variables, as an inventory's file has them."""

    def __init__(self, folder: Path, **groups: dict[str, dict[str, Any]]) -> None:
        children = {group: {"hosts": hosts} for group, hosts in groups.items()}
        file = folder / "hosts.yml"
        file.write_text(json.dumps({"all": {"children": children}}))
        self._loader = DataLoader()
        self._hosts = InventoryManager(loader=self._loader, sources=[str(file)])
        self._variables = VariableManager(loader=self._loader, inventory=self._hosts)
        self._variables.hostvars = HostVars(self._hosts, self._variables, self._loader)
        play = {"name": "x", "hosts": "all", "gather_facts": False, "vars_files": VARS}
        self._play = Play.load(play, variable_manager=self._variables, loader=self._loader)

    def get(self, host: str, name: str) -> Any:
        """The value of a variable in a play for that host."""
        variables = self._variables.get_vars(play=self._play, host=self._hosts.get_host(host))
        return Templar(loader=self._loader, variables=variables).template(variables[name])


def upstreams(inventory: Inventory, host: str) -> list[str]:
    return [upstream["address"] for upstream in inventory.get(host, "nginx_proxy_upstreams")]


def test_one_machine_asks_itself(tmp_path: Path) -> None:
    here: dict[str, dict[str, Any]] = {"home": {}}
    inventory = Inventory(tmp_path, ollama=here, open_webui=here, nginx_proxy=here)
    assert upstreams(inventory, "home") == ["127.0.0.1:8080"]
    assert inventory.get("home", "open_webui_ollama_base_urls") == ["http://127.0.0.1:11434"]
    for empty in ("open_webui_ollama_connections", "nginx_proxy_certificate_names", "nginx_proxy_gateway_upstream_tls"):
        assert not inventory.get("home", empty)
    assert inventory.get("home", "open_webui_ca_bundle") == ""
    assert inventory.get("home", "open_webui_secret_environment") == {}


@pytest.mark.parametrize("groups", [{}, {"ollama": {}}])
def test_without_a_group_of_ollamas_there_is_one_here(tmp_path: Path, groups: dict[str, Any]) -> None:
    inventory = Inventory(tmp_path, open_webui={"chat": {}}, **groups)
    assert inventory.get("chat", "open_webui_ollama_base_urls") == ["http://127.0.0.1:11434"]


def test_a_door_of_its_own_finds_the_chat_at_its_port_and_takes_its_headers_out(tmp_path: Path) -> None:
    trusted = {"WEBUI_AUTH_TRUSTED_EMAIL_HEADER": "X-House"}
    chat = {"ansible_host": "fd00::5", "open_webui_port": 3000, "open_webui_environment": trusted}
    inventory = Inventory(tmp_path, open_webui={"chat": chat}, nginx_proxy={"door": {}})
    assert upstreams(inventory, "door") == ["[fd00::5]:3000"]
    assert inventory.get("door", "nginx_proxy_stripped_headers") == ["X-House"]


def test_chats_that_share_nothing_are_each_for_themselves(tmp_path: Path) -> None:
    own = {"open_webui_secret_environment": {"DATABASE_URL": "postgresql://x@127.0.0.1/x"}}
    inventory = Inventory(tmp_path, open_webui={"a": own, "b": own}, nginx_proxy={"a": {}, "b": {}})
    assert not inventory.get("a", "shares_database")
    assert upstreams(inventory, "b") == ["127.0.0.1:8080"]


def test_chats_that_name_one_database_share_it(tmp_path: Path) -> None:
    there = {"open_webui_secret_environment": {"DATABASE_URL": "postgresql://x@database/x"}}
    inventory = Inventory(tmp_path, open_webui={"a": there, "b": there}, nginx_proxy={"door": {}})
    assert inventory.get("a", "shares_database")
    assert upstreams(inventory, "door") == ["a:8080", "b:8080"]


def test_each_gateway_is_asked_with_its_own_key_at_its_own_port(tmp_path: Path) -> None:
    first: dict[str, Any] = {"ansible_host": "fd00::1", "nginx_proxy_gateway_keys": KEY, "nginx_proxy_tls": "none"}
    second: dict[str, Any] = {
        "ansible_host": "10.0.0.2",
        "nginx_proxy_gateway_keys": OTHER_KEY,
        "nginx_proxy_gateway_port": 5000,
    }
    closed: dict[str, Any] = {"nginx_proxy_gateway_keys": []}
    gpus: dict[str, dict[str, Any]] = {"gpu1": first, "gpu2": second, "gpu3": closed}
    inventory = Inventory(tmp_path, ollama=gpus, nginx_proxy=gpus, open_webui={"chat": {}})
    assert inventory.get("chat", "open_webui_ollama_connections") == [
        {"url": "http://[fd00::1]:11435", "key": "k" * 40},
        {"url": "https://10.0.0.2:5000", "key": "o" * 40},
    ]
    assert inventory.get("chat", "open_webui_secret_settings") == {"RAG_OLLAMA_API_KEY": "k" * 40}


def test_what_the_inventory_says_goes_first(tmp_path: Path) -> None:
    gpus = {"gpu1": {"nginx_proxy_gateway_keys": KEY}}
    chat = {"open_webui_ollama_base_urls": ["http://elsewhere:11434"]}
    inventory = Inventory(tmp_path, ollama=gpus, nginx_proxy=gpus, open_webui={"chat": chat})
    assert inventory.get("chat", "open_webui_ollama_base_urls") == ["http://elsewhere:11434"]
    assert inventory.get("chat", "open_webui_ollama_connections") == []
    assert inventory.get("chat", "open_webui_secret_settings") == {}


def test_a_gateway_with_a_certificate_of_its_own_asks_for_no_other_names(tmp_path: Path) -> None:
    gpus = {
        "gpu1": {"nginx_proxy_gateway_keys": KEY, "nginx_proxy_tls": "acme", "nginx_proxy_local_ca_on": "controller"}
    }
    inventory = Inventory(tmp_path, ollama=gpus, nginx_proxy=gpus, open_webui={"chat": {}})
    assert inventory.get("gpu1", "nginx_proxy_certificate_names") == []


def make_team(folder: Path, **doors: dict[str, Any]) -> Inventory:
    """Machines as inventories/several_machines has them, with these doors."""
    gateway = {**HOUSE, "nginx_proxy_gateway_keys": KEY}
    gpus = {f"gpu{number}": {**gateway, "internal_address": f"10.0.0.2{number}"} for number in range(1, 6)}
    chats = {f"chat{number}": {"ansible_host": f"10.0.0.3{number}"} for number in range(1, 4)}
    return Inventory(
        folder,
        ollama=gpus,
        open_webui=chats,
        nginx_proxy={**{name: {**gateway, **variables} for name, variables in doors.items()}, **gpus},
        open_webui_database={"database": DATABASE},
    )


@pytest.fixture
def team(tmp_path: Path) -> Inventory:
    return make_team(tmp_path, door={"ansible_host": "10.0.0.11"})


def test_a_gateway_spreads_questions_over_the_machines_in_their_order(team: Inventory) -> None:
    addresses = [upstream["address"] for upstream in team.get("door", "nginx_proxy_gateway_upstreams")]
    assert addresses == [f"10.0.0.2{number}:11435" for number in range(1, 6)]
    tls = team.get("door", "nginx_proxy_gateway_upstream_tls")
    assert tls["server_name"] in team.get("gpu5", "nginx_proxy_certificate_names")
    assert team.get("gpu5", "nginx_proxy_gateway_upstream_tls") == {}
    assert "10.0.0.11" in team.get("door", "nginx_proxy_certificate_names")


def test_all_chats_of_a_team_ask_and_are_the_same(team: Inventory) -> None:
    asked = [{"url": "https://10.0.0.11:11435", "key": "k" * 40}]
    for chat in ("chat1", "chat2", "chat3"):
        assert team.get(chat, "open_webui_ollama_connections") == asked
        assert team.get(chat, "house_authority") == "/ca/ca.crt"
    secrets = team.get("chat2", "open_webui_secret_environment")
    assert (
        secrets["DATABASE_URL"] == "postgresql://open_webui:p%40ss%2Fw%3Ard@10.0.0.41:5432/open_webui?sslmode=require"
    )
    assert upstreams(team, "door") == ["10.0.0.31:8080", "10.0.0.32:8080", "10.0.0.33:8080"]


FIRST, SECOND = {"ansible_host": "10.0.0.11"}, {"ansible_host": "10.0.0.12"}
SHARED = {"door_virtual_address": "10.0.0.10"}


def test_doors_that_share_an_address_are_asked_there(tmp_path: Path) -> None:
    team = make_team(tmp_path, door1={**FIRST, **SHARED}, door2={**SECOND, **SHARED})
    assert team.get("chat1", "open_webui_ollama_connections") == [{"url": "https://10.0.0.10:11435", "key": "k" * 40}]
    for door, own in (("door1", "10.0.0.11"), ("door2", "10.0.0.12")):
        assert team.get(door, "nginx_proxy_certificate_names") == [own, "ollama-gateway", "10.0.0.10"]
        assert "server_name keepalived;" in team.get(door, "nginx_proxy_extra_directives")["http"]
        assert upstreams(team, door) == ["10.0.0.31:8080", "10.0.0.32:8080", "10.0.0.33:8080"]
    assert team.get("gpu1", "nginx_proxy_certificate_names") == ["10.0.0.21", "ollama-gateway"]
    assert team.get("gpu1", "nginx_proxy_extra_directives") == {}


def test_doors_know_each_other_and_come_in_their_order(tmp_path: Path) -> None:
    own = {"http": "map $a $b { default c; }", "server": "allow all;"}
    second = {**SECOND, **SHARED, "nginx_proxy_port": 8000, "nginx_proxy_extra_directives": own}
    team = make_team(tmp_path, door1={**FIRST, **SHARED}, door2=second)
    assert [team.get(door, "keepalived_peers") for door in ("door1", "door2")] == [["10.0.0.12"], ["10.0.0.11"]]
    assert int(team.get("door1", "keepalived_priority")) > int(team.get("door2", "keepalived_priority"))
    assert int(team.get("door2", "keepalived_check_port")) == 8000
    directives = team.get("door2", "nginx_proxy_extra_directives")
    assert directives["http"].startswith("server {\n    listen 8000;")
    assert directives["http"].endswith("}\n" + own["http"])
    assert directives["server"] == own["server"]


def test_doors_hear_each_other_where_their_inventory_says(tmp_path: Path) -> None:
    """As behind a management network, by whose addresses Ansible comes."""
    second = {**SECOND, **SHARED, "keepalived_address": "192.168.1.12"}
    team = make_team(tmp_path, door1={**FIRST, **SHARED}, door2=second)
    assert team.get("door1", "keepalived_peers") == ["192.168.1.12"]
    assert team.get("door2", "keepalived_address") == "192.168.1.12"
    assert team.get("door2", "keepalived_peers") == ["10.0.0.11"]


def test_an_address_for_machines_with_models_is_told(tmp_path: Path) -> None:
    """Unless they let nobody in but gateways, to which the variable says nothing."""
    both: dict[str, dict[str, Any]] = {"a": {**FIRST, **SHARED}, "b": {**SECOND, **SHARED, "nginx_proxy_upstreams": []}}
    inventory = Inventory(tmp_path, ollama=both, nginx_proxy=both)
    assert inventory.get("a", "doors") == []
    assert inventory.get("a", "doors_with_models") == ["a"]


def test_doors_without_an_address_of_their_own_are_asked_one_by_one(tmp_path: Path) -> None:
    team = make_team(tmp_path, door1=FIRST, door2=SECOND)
    asked = [connection["url"] for connection in team.get("chat1", "open_webui_ollama_connections")]
    assert asked == ["https://10.0.0.11:11435", "https://10.0.0.12:11435"]
    assert team.get("door1", "nginx_proxy_certificate_names") == ["10.0.0.11", "ollama-gateway"]
    assert team.get("door2", "nginx_proxy_extra_directives") == {}
    assert not team.get("door1", "has_virtual_address")


def test_doors_where_only_one_is_a_gateway_are_not_asked_at_their_shared_address(tmp_path: Path) -> None:
    team = make_team(tmp_path, door1={**FIRST, **SHARED}, door2={**SECOND, **SHARED, "nginx_proxy_gateway_keys": []})
    assert team.get("chat1", "open_webui_ollama_connections")[0]["url"] == "https://10.0.0.11:11435"
