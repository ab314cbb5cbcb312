"""The plan of accounts: what is compared, what is never shown, and what nobody may take away."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.selfhosted.llm.plugins.module_utils._errors import InvalidInput
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui import user
from ansible_collections.selfhosted.llm.plugins.module_utils._open_webui.items import Found, Step, after, plan

FIRST, OWN, OTHER = "first@example.com", "own@example.com", "other@example.com"


def params(email: str = OTHER, **options: Any) -> dict[str, Any]:
    defaults = {"name": None, "role": None, "password": None, "update_password": "on_create", "state": "present"}
    return {"email": email, **defaults, **options}


def account(email: str, role: str = "user", name: str = "Somebody") -> Found:
    return user.from_reply({"email": email, "id": email, "name": name, "role": role}, ())


def steps(found: list[Found], *users: dict[str, Any], exclusive: bool = False) -> list[Step]:
    return plan("account", found, user.from_params(list(users)), user.BLANK, exclusive=exclusive)


def test_addresses_are_the_same_in_upper_and_lower_case() -> None:
    (step,) = steps([account("Other@Example.com")], params("OTHER@example.com"))
    assert (step.key, step.action) == (OTHER, "none")


def test_a_new_account_is_a_user_called_by_its_address() -> None:
    (step,) = steps([], params())
    assert step.fields == {"name": OTHER, "role": "user"}


def test_what_is_not_given_stays() -> None:
    (step,) = steps([account(OTHER, "boss")], params(name="Other"))
    assert (step.changed, step.fields) == (("name",), {"name": "Other", "role": "boss"})


def test_a_password_that_is_always_written_is_a_change_until_it_was_written() -> None:
    always = params(password="canary", update_password="always")
    (step,) = steps([account(OTHER)], always)
    assert step.changed == ("password",)
    assert "canary" not in str(step)
    reply = {"email": OTHER, "id": "1", "name": "Somebody", "role": "user"}
    (step,) = steps([user.from_reply(reply, {OTHER})], always)
    assert step.action == "none"


def test_a_password_is_sent_only_where_it_changes() -> None:
    fields = {"name": "Other", "role": "user"}
    assert user.to_request(fields, ("name",), "canary") == {"name": "Other"}
    assert user.to_request(fields, ("name", "role", "password"), "canary") == {**fields, "password": "canary"}


def test_an_account_without_password_is_not_made() -> None:
    with pytest.raises(InvalidInput, match=f"'{OTHER}' is new and has no password"):
        user.refuse_without_password(steps([], params()), user.passwords([params(password="")]))
    user.refuse_without_password(steps([account(OTHER)], params()), {})
    user.refuse_without_password(steps([], params()), user.passwords([params(OTHER.upper(), password="x")]))


@pytest.mark.parametrize(
    ("users", "own", "sentence"),
    [
        ([params(FIRST, state="absent")], OWN, "is the first admin: it cannot be removed"),
        ([params(OWN, state="absent")], OWN, "is the one that is signed in: it cannot be removed"),
        ([params(FIRST, role="user")], FIRST, "is the first admin: its role must stay admin"),
        ([params(OWN, role="pending")], OWN, "is the one that is signed in: its role must stay admin"),
        ([params(FIRST, name="Other")], OWN, "and only that itself can change it"),
        ([params(FIRST, name="Other")], FIRST, None),
        ([params(OWN, name="Other"), params(OTHER, role="user")], OWN, None),
        ([params(OTHER, state="absent"), params(FIRST), params(OWN)], OWN, None),
    ],
)
def test_nobody_is_locked_out(users: list[dict[str, Any]], own: str, sentence: str | None) -> None:
    admins = [account(email, "admin") for email in (FIRST, OWN, OTHER)]
    grave = [step for step in steps(admins, *users) if user.changes_an_admin(step)]
    if sentence is None:
        user.refuse_to_lock_out(grave, FIRST, own)
    else:
        with pytest.raises(InvalidInput, match=sentence):
            user.refuse_to_lock_out(grave, FIRST, own)


def test_who_is_no_admin_is_nobody_that_could_be_locked_out() -> None:
    planned = steps([account(OTHER)], params(OTHER, state="absent"), params(OWN))
    assert [step for step in planned if user.changes_an_admin(step)] == []


@pytest.mark.parametrize("email", ["", "other", "a b@example.com", "@"])
def test_what_is_no_address_is_refused(email: str) -> None:
    with pytest.raises(InvalidInput, match="its email must look like"):
        user.from_params([params(email)])


ROLES = st.sampled_from([None, *user.ROLES])
LISTED = st.lists(
    st.builds(params, st.sampled_from([FIRST, OWN, OTHER]), name=st.none() | st.just("N"), role=ROLES),
    unique_by=lambda item: item["email"],
)


@given(LISTED, LISTED, st.booleans())
def test_a_plan_leaves_nothing_to_do(
    there: list[dict[str, Any]], listed: list[dict[str, Any]], exclusive: bool
) -> None:
    found = [account(item["email"], item["role"] or "user") for item in there]
    done = steps(found, *listed, exclusive=exclusive)
    left = {item.key: item for item in found if item.key not in {step.key for step in done}}
    made = {key: Found(key, key, fields) for key, fields in after(done).items()}
    again = steps(list({**left, **made}.values()), *listed, exclusive=exclusive)
    assert {step.action for step in again} <= {"none"}
