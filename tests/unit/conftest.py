"""Settings of all unit tests."""

from __future__ import annotations

from hypothesis import settings

# A machine that is busy with other tests is slow, which is no failure.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")
