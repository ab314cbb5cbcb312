"""What a run of ollama_model tells, and what it hands on to its next slice."""

from __future__ import annotations

import json

from ansible_collections.selfhosted.llm.plugins.module_utils._ollama.job import (
    describe,
    foretell,
    listing,
    resume,
    start,
)
from ansible_collections.selfhosted.llm.plugins.module_utils._ollama.model import Model, Plan, Wanted
from ansible_collections.selfhosted.llm.plugins.module_utils._ollama.name import parse
from ansible_collections.selfhosted.llm.plugins.module_utils._ollama.registry import Manifest, Unknown

KEPT, MOVED, GONE, NEW = (Model(parse(name), digest, 5) for name, digest in zip("abcd", "1234", strict=True))
WANTED = [Wanted(name, "latest") for name in (KEPT.name, MOVED.name, NEW.name)]
PLAN = Plan(pull=(MOVED.name, NEW.name), delete=(GONE.name,))
LATER = Model(MOVED.name, "22", 7)


def test_each_model_is_told_of_and_so_is_what_goes_unlisted() -> None:
    job = start([KEPT, MOVED, GONE], PLAN)
    entries = describe(job, WANTED, [KEPT, LATER, NEW])
    told = [(entry["name"], entry["action"], entry["digest_before"], entry["digest"]) for entry in entries]
    assert told == [
        ("a:latest", "none", "1", "1"),
        ("b:latest", "updated", "2", "22"),
        ("d:latest", "pulled", None, "4"),
        ("c:latest", "removed", "3", None),
    ]
    assert listing(job.before, entries) == {"a:latest": "1", "b:latest": "2", "c:latest": "3"}


def test_a_pull_that_changed_nothing_is_told_as_nothing() -> None:
    job = start([MOVED], Plan((MOVED.name,), ()))
    [entry] = describe(job, [Wanted(MOVED.name, "latest")], [MOVED])
    assert entry["action"] == "none"


def test_a_failure_is_told_at_its_model() -> None:
    job = start([], Plan((NEW.name,), ()))
    job.transfers[0].error = "it failed"
    [entry] = describe(job, [Wanted(NEW.name, "present")], [])
    assert (entry["action"], job.errors) == ("failed", ["it failed"])


def test_check_mode_foretells_what_the_registries_offer() -> None:
    todo = Plan((MOVED.name, NEW.name), (GONE.name,))
    job = start([KEPT, MOVED, GONE], todo)
    after = foretell(job, {MOVED.name: Manifest("22", {"x": 3, "y": 4}), NEW.name: Unknown("silent")})
    assert after == [KEPT, LATER, Model(NEW.name, "", 0)]
    entries = describe(job, WANTED, after, {MOVED.name: 3, NEW.name: None})
    assert [(entry["action"], entry["bytes"]) for entry in entries] == [
        ("none", 0),
        ("updated", 3),
        ("pulled", None),
        ("removed", 0),
    ]
    assert listing(after, entries)["d:latest"] == "to be pulled"
    assert entries[2]["digest"] is None


def test_check_mode_does_not_foretell_what_only_the_pull_knows() -> None:
    job = start([MOVED], Plan((MOVED.name,), (), undecided=(MOVED.name,)))
    after = foretell(job, {MOVED.name: Unknown("private", private=True)})
    assert after == [MOVED]
    [entry] = describe(job, [Wanted(MOVED.name, "latest")], after, {MOVED.name: None})
    assert (entry["action"], entry["bytes"]) == ("unknown", None)


def test_the_next_slice_goes_on_with_the_same_job() -> None:
    job = start([KEPT, MOVED, GONE], PLAN)
    job.transfers[0].done = True
    data = json.loads(json.dumps(job.to_data()))
    again = resume(data)
    assert again.to_data() == job.to_data()
    assert (again.before, again.plan, again.is_paused) == (job.before, job.plan, True)
    assert [pull["ended"] for pull in again.to_progress()] == [True, False]
