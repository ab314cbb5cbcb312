"""The power is cut at every step of backup, upgrade and restore, and the play run again: nothing may be lost.

Usage: power_cuts.py. Needs a test host with Open WebUI 0.10.2, as `make soak` makes it.
"""

from __future__ import annotations

import json

from household import Household
from power import cut_at
from scenario import INVENTORY, ROOT, run_playbook, sign_in

NAME = "backup-debian12"
INVENTORIES = (INVENTORY, ROOT / "molecule" / "backup" / "inventory")
OLD = {"open_webui_version": "0.10.2"}
STEPS = {
    "backup": ["Backup | Make it", "Backup | It is whole"],
    "upgrade": [
        "Upgrade | Look at the database",
        "Upgrade | Stop the old one",
        "Backup | Make it",
        "Upgrade | Note the way back",
        "Upgrade | Put the old one aside",
        "Service | Container",
        "Service | Wait until",
        "Upgrade | Have it answer",
        "Upgrade | Close the way back",
        "Upgrade | Remove the old container",
        "Configure | ",
    ],
    "restore": ["Put back | Put it back", "Put back | It is back", "Service | Container", "Service | Wait until"],
}


def play(name: str, **variables: object) -> None:
    run = run_playbook(
        f"playbooks/{name}.yml", NAME, "--extra-vars", json.dumps(variables), json_output=False, inventories=INVENTORIES
    )
    if run.rc != 0:
        raise SystemExit(run.output)


def main() -> None:
    people = Household(NAME)
    people.connect()
    people.fill(sign_in(people.host))
    play("backup", **OLD)
    begin = people.host.check_output("ls --directory /var/backups/selfhosted_llm/*.tar.gz | tail -n 1")
    lost_at = []
    for name, steps in STEPS.items():
        variables = OLD if name == "backup" else {}
        for step in steps:
            newest = people.say(f"Before {step}")
            came = cut_at(step, name, NAME, INVENTORIES, **variables)
            play(name, **variables)
            lost = people.lost()
            # A restore is meant to take it.
            if name != "restore" and people.request(f"/api/v1/chats/{newest['id']}").status != 200:
                lost.append("the newest chat")
            print(f"{name}: {step}: {'lost ' + ', '.join(lost) if lost else 'nothing lost' if came else 'never came'}")
            lost_at += [step] if lost or not came else []
            if name == "upgrade":
                # Back to where it began, which a restore of the old version's backup does.
                play("restore", backup_archive=begin, **OLD)
    if lost_at:
        raise SystemExit(f"Something was lost, or a step never came: {', '.join(lost_at)}")


if __name__ == "__main__":
    main()
