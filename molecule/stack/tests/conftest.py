"""What the tests of the stack share."""

from __future__ import annotations

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What removes the stack comes last, since all others need it, and leaves neither it nor its data."""
    items.sort(key=lambda item: item.path.name == "test_remove.py")
