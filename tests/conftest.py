"""Markers from the folder of a test, and how hypothesis chooses its inputs."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

TESTS = Path(__file__).resolve().parent
KINDS = frozenset({"unit", "properties", "verification", "crosscheck", "recovery", "validation"})

# The desk repeats the same examples; continuous integration looks for new ones on every run.
settings.register_profile("desk", derandomize=True, deadline=None)
settings.register_profile(
    "ci",
    derandomize=False,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("ci" if os.environ.get("CI") else "desk")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if TESTS in item.path.parents:
            kind = item.path.relative_to(TESTS).parts[0]
            if kind in KINDS:
                item.add_marker(getattr(pytest.mark, kind))
