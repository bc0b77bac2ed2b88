"""A verdict that nobody computed: round numbers in the places of ``megabar.verdict/1``."""

from __future__ import annotations

from typing import Any

import numpy as np

DAYS = np.array([0.0, 2.0, 5.0, 9.0, 14.0, 20.0, 27.0, 34.0, 42.0, 50.0, 60.0, 70.0])
GRID = np.linspace(0.0, 140.0, 71)
_PROBABILITIES = {
    "surface or interface": ("contract", 0.62),
    "two-step": ("serial", 0.19),
    "artefact": ("stable+t1", 0.11),
    "sink": ("sqrt", 0.05),
    "diffusive": ("layer", 0.03),
    "stable": ("stable", 0.0004),
}
_MEMBERS = {
    "contract": ("surface or interface", 0.40, 0.0),
    "first": ("surface or interface", 0.22, -0.6),
    "serial": ("two-step", 0.19, -0.74),
    "stable+t1": ("artefact", 0.09, -1.5),
    "stable+gain": ("artefact", 0.02, -3.0),
    "sqrt": ("sink", 0.05, -2.1),
    "layer": ("diffusive", 0.03, -2.6),
    "stable": ("stable", 0.0004, -6.9),
}


def falling(days: np.ndarray, *, start: float, rate: float) -> np.ndarray:
    """Contract: the last of a front that moves inward."""
    return 3.0 + (start - 3.0) * np.clip(1 - rate * days, 0, None) ** 3


def cell(index: int) -> dict[str, Any]:
    """Make the data of one cell, with the shift of its metal."""
    start = 10.5 + 0.3 * index
    noise = np.random.default_rng(index).normal(size=DAYS.size)
    value = falling(DAYS, start=start, rate=0.0075) * (1 + 0.03 * noise)
    return {
        "cell": f"cell-{index + 1}",
        "elapsed": DAYS.tolist(),
        "h_per_metal": value.tolist(),
        "std": (0.03 * value).tolist(),
        "common_relative_std": 0.03,
        "witnesses": {
            "shift": {
                "elapsed": DAYS.tolist(), "value": (2950 - 270 * (value - 3)).tolist(),
                "std": [12.0] * DAYS.size, "unit": "Hz/MHz",
            }
        },
    }  # fmt: skip


def curves_of(index: int) -> dict[str, Any]:
    """Make the curves of one cell: the average of the rivals, and the best of each family."""
    start = 10.5 + 0.3 * index
    best = falling(GRID, start=start, rate=0.0075)
    shapes = {
        "surface or interface": best,
        "two-step": 3 + (start - 3) * np.exp(-GRID / 42),
        "artefact": start * (1 - 0.0085 * np.clip(GRID, 0, 90)),
        "sink": start - 0.86 * np.sqrt(GRID),
        "diffusive": start - 7.5 * np.clip(GRID / 150, 0, 1) ** 0.7,
        "stable": np.full_like(GRID, start - 3.5),
    }
    return {
        "cell": f"cell-{index + 1}",
        "days": GRID.tolist(),
        "median": best.tolist(),
        "interval_68": [(best - 0.3).tolist(), (best + 0.3).tolist()],
        "interval_95": [(best - 0.7).tolist(), (best + 0.7).tolist()],
        "families": [
            {
                "family": family,
                "member": _PROBABILITIES[family][0],
                "apparent": curve.tolist(),
                "real": (np.full_like(GRID, start) if family == "artefact" else curve).tolist(),
            }
            for family, curve in shapes.items()
        ],
    }


def document(*, cells: int = 4, undecided: bool = False) -> dict[str, Any]:
    """Make a whole verdict."""
    below = np.clip((GRID - 25) / 30, 0, 0.87)
    width = 0.3 + 0.012 * GRID
    middle = falling(GRID, start=10.8, rate=0.0075)
    return {
        "schema": "megabar.verdict/1",
        "source": {"kind": "csv", "name": "weeks.csv", "sha256": "0" * 64, "metal": "La"},
        "seed": 7,
        "threshold": 6.0,
        "priors": {
            "name": "lah10",
            "sha256": "1" * 64,
            "entries": [
                {"name": "x0", "words": "normal, 10.6 ± 0.6", "source": "published text"},
                {"name": "rate", "words": "log-uniform, 0.001 to 1 per day", "source": "wide"},
            ],
        },
        "cells": [cell(index) for index in range(cells)],
        "left_out": ["cell-5: 3 of 7 points are values; a history needs 4. It was left out."],
        "sentence": "Loss of hydrogen has the highest weight, 89 %; surface or interface, 62 %.",
        "decided": not undecided,
        "missing": ["T1 of hydrogen on each day", "one record with a long repetition time"],
        "loss": {"probability": 0.89},
        "families": [
            {"family": family, "probability": probability, "best": best}
            for family, (best, probability) in _PROBABILITIES.items()
        ],
        "members": [
            {
                "name": name,
                "family": family,
                "words": name,
                "probability": probability,
                "log_evidence": -60.0 + relative,
                "log_evidence_std": 0.02,
                "effective_fraction": 0.41,
                "refused": False,
            }
            for name, (family, probability, relative) in _MEMBERS.items()
        ],
        "parameters": [
            {
                "member": "contract", "name": "rate", "unit": "1/day", "median": 0.0075,
                "interval_68": [0.007, 0.008], "interval_95": [0.0064, 0.0086],
            },
        ],
        "curves": [curves_of(index) for index in range(cells)],
        "forecast": {
            "days": GRID.tolist(),
            "median": middle.tolist(),
            "interval_68": [(middle - width).tolist(), (middle + width).tolist()],
            "interval_95": [(middle - 2 * width).tolist(), (middle + 2 * width).tolist()],
            "probability_below": below.tolist(),
            "last_measured": 70.0,
            "below_threshold": {
                "probability": 0.87, "median": 40.0, "interval_68": [34.0, 48.0],
                "interval_95": [29.0, None],
            },
            "plateau": {"median": 3.1, "interval_68": [2.4, 3.7], "interval_95": [1.7, 4.3]},
        },
        "sensitivity": [
            {"change": "as stated", "words": "all priors as stated", "loss": 0.89},
            {"change": "rate x 10", "words": "rates up to ten times as fast", "loss": 0.86},
            {"change": "no shift", "words": "without the shift of the metal", "loss": 0.58},
            {"change": "wide drift", "words": "gain may drift twice as far", "loss": 0.83},
        ],
        "next_measurements": [
            {"name": "shift", "words": "metal line on each day", "information": 0.71, "std": 0.05},
            {"name": "temperature", "words": "two weeks at 330 K", "information": 0.9, "std": 0.04},
            {"name": "wait", "words": "30 more days, as before", "information": 0.22, "std": 0.03},
        ],
        "checks": {
            "residuals": [
                {
                    "cell": f"cell-{index + 1}",
                    "elapsed": DAYS.tolist(),
                    "residual": np.random.default_rng(50 + index).normal(size=12).tolist(),
                }
                for index in range(cells)
            ],
            "statistics": [
                {"name": "chi2", "words": "scatter about the curves", "probability": 0.41},
            ],
        },
        "second_opinion": None,
    }  # fmt: skip
