"""Units of work that compute, fail, or take their worker with them."""

import os
import signal
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np


def computed(unit: Mapping[str, Any]) -> dict[str, Any]:
    """Give sums that no two orders of summation give alike."""
    generator = np.random.default_rng(unit["seed"])
    drawn = generator.standard_normal(1000)
    matrix = drawn[:900].reshape(30, 30)
    time.sleep(unit.get("seconds", 0.0))
    return {
        "sum": float(drawn.sum()),
        "product": (matrix @ matrix).sum(axis=0).tolist(),
        "eigenvalue": float(np.linalg.eigvalsh(matrix @ matrix.T)[-1]),
    }


def deadly(unit: Mapping[str, Any]) -> dict[str, Any]:
    """Kill the worker that does the unit for the first time; ``flag`` remembers it."""
    if "flag" in unit:
        try:
            Path(unit["flag"]).touch(exist_ok=False)
        except FileExistsError:
            return computed(unit)
        os.kill(os.getpid(), signal.SIGKILL)
    return computed(unit)


def always_deadly(unit: Mapping[str, Any]) -> dict[str, Any]:
    """Kill every worker that does the unit."""
    if unit["seed"] == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return computed(unit)


def failing(unit: Mapping[str, Any]) -> dict[str, Any]:
    """Fail where the seed is 1."""
    if unit["seed"] == 1:
        msg = "Found a hole in the weeks."
        raise ValueError(msg)
    return computed(unit)


def needy(unit: Mapping[str, Any]) -> dict[str, Any]:
    """Fail while what the unit needs is not there."""
    if "needs" in unit:
        Path(unit["needs"]).stat()
    return computed(unit)


def threads(unit: Mapping[str, Any]) -> dict[str, Any]:
    """Say what the worker may use."""
    return {name: os.environ.get(name) for name in unit["names"]}


def infinite(unit: Mapping[str, Any]) -> dict[str, Any]:
    """Give a number that JSON does not know."""
    return {"log_evidence": float("-inf"), **unit}


def files(folder: Path) -> dict[str, bytes]:
    """Give all that a study left."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name != "lock"}
