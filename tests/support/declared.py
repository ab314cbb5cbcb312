"""A module that takes a list of things as they should be, and the proof that it does what it says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from modules import Result, run_module


def actions(result: Result, option: str) -> list[str]:
    """What was done about each thing of the list."""
    assert not result.failed, result.message
    return [entry["action"] for entry in result.values[option]]


@dataclass(frozen=True)
class Declared:
    """`option` is what the module calls its list, `admin` signs it in, `stored` looks at the server behind its back."""

    module: str
    option: str
    admin: dict[str, str]
    stored: Callable[[], Any]

    def run(self, *things: dict[str, Any], check: bool = False, **arguments: Any) -> Result:
        # Ansible has a part only in what comes from the controller.
        brought = any("src" in thing and not thing.get("remote_src") for thing in things)
        parameters = {**self.admin, self.option: list(things), **arguments}
        return run_module(self.module, parameters, check=check, through_ansible=brought)

    def do(self, *things: dict[str, Any], **arguments: Any) -> list[str]:
        """The actions of a run, which must end well."""
        return actions(self.run(*things, **arguments), self.option)

    def prove(self, *things: dict[str, Any], **arguments: Any) -> Result:
        """The result of a run; check mode told it before and changed nothing, and afterwards nothing is left to do."""
        before = self.stored()
        promised = self.run(*things, check=True, **arguments)
        assert self.stored() == before, "check mode changed something"
        done = self.run(*things, **arguments)
        assert actions(promised, self.option) == actions(done, self.option)
        assert promised.diff == done.diff
        assert promised.changed == done.changed
        for check in (True, False):
            again = self.run(*things, check=check, **arguments)
            assert not again.failed, again.message
            assert not again.changed, again.diff
        return done

    def entry(self, result: Result, index: int = 0) -> dict[str, Any]:
        """The result's entry for one thing."""
        return dict(result.values[self.option][index])
