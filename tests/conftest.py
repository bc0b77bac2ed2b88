"""Markers from the folder of a test, and how hypothesis chooses its inputs."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

TESTS = Path(__file__).resolve().parent
KINDS = frozenset({"unit", "properties", "verification", "crosscheck", "recovery", "validation"})

# A gate hangs on the change alone: the same examples everywhere. `nox -s explore` looks for new.
settings.register_profile(
    "repeat", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile(
    "explore",
    derandomize=False,
    deadline=None,
    max_examples=300,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("repeat")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if TESTS in item.path.parents:
            kind = item.path.relative_to(TESTS).parts[0]
            if kind in KINDS:
                item.add_marker(getattr(pytest.mark, kind))
