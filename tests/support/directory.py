"""Groups and accounts for tests of plain data, which need no server."""

from __future__ import annotations

from collections.abc import Iterable


class Names:
    """A directory in which everything is called by its id with a letter before it."""

    def group_name(self, group_id: str) -> str:
        return group_id.removeprefix("g-")

    def user_email(self, user_id: str) -> str:
        return user_id.removeprefix("u-")

    def group_id(self, name: str) -> str:
        return f"g-{name}"

    def user_id(self, email: str) -> str:
        return f"u-{email}"

    def missing(self, groups: Iterable[str], users: Iterable[str]) -> list[str]:
        return [*groups, *users]
