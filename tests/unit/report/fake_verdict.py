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


def forecast_of(index: int) -> dict[str, Any]:
    """Make the forecast of one cell; the last of four may never fall below."""
    width = 0.3 + 0.012 * GRID
    middle = falling(GRID, start=10.5 + 0.3 * index, rate=0.0075)
    return {
        "cell": f"cell-{index + 1}",
        "days": GRID.tolist(),
        "median": middle.tolist(),
        "interval_68": [(middle - width).tolist(), (middle + width).tolist()],
        "interval_95": [(middle - 2 * width).tolist(), (middle + 2 * width).tolist()],
        "below_threshold": {
            "probability": 0.97 - 0.03 * index, "horizon": 140.0, "median": 40.0 + index,
            "interval_68": [34.0, 48.0], "interval_95": [29.0, None if index == 3 else 70.0],
        },
        "plateau": {"median": 3.1, "interval_68": [2.4, 3.7], "interval_95": [1.7, 4.3]},
    }  # fmt: skip


def document(*, cells: int = 4, undecided: bool = False) -> dict[str, Any]:
    """Make a whole verdict."""
    return {
        "schema": "megabar.verdict/1",
        "source": {"kind": "csv", "name": "weeks.csv", "sha256": "0" * 64, "metal": "La"},
        "seed": 7,
        "threshold": 6.0,
        "digest": "2" * 64,
        "priors": {
            "name": "lah10",
            "entries": [
                {"name": "initial_content", "words": "content on day 0", "used": "yes",
                 "prior": "normal, 10.6 +- 0.6 H/M", "origin": "published contents"},
                {"name": "tc_slope", "words": "critical temperature per hydrogen", "used": "no",
                 "prior": "normal, 8 +- 8 K per H/M", "origin": "default of the set"},
            ],
        },
        "cells": [cell(index) for index in range(cells)],
        "left_out": ["cell-5: 3 of 7 points are values; a history needs 4. It was left out."],
        "verdict": "undecided" if undecided else "loss",
        "sentences": [
            "Verdict: loss. Probability of a loss of hydrogen: 89.0 %.",
            "These data cannot decide between 'surface or interface' (62 %) and 'two-step' (19 %).",
        ],
        "decided": not undecided,
        "refused": [],
        "excluded": [{"artefact": "t1", "words": "T1 of 1H changes at a fixed repetition time",
                      "because": "every content is corrected for it"}],
        "missing": ["T1 of hydrogen on each day", "one record with a long repetition time"],
        "loss": {"probability": 0.89, "std": 0.003},
        "families": [
            {"family": family, "probability": probability, "best": best,
             "log_evidence": -60.0}
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
                "method": "importance sampling",
            }
            for name, (family, probability, relative) in _MEMBERS.items()
        ],
        "parameters": [
            {
                "member": "contract", "family": "surface or interface", "name": "half_time",
                "words": "time of half of the loss", "unit": "day", "median": 27.5,
                "interval_68": [26.0, 29.0], "interval_95": [24.5, 30.6],
            },
        ],
        "curves": [curves_of(index) for index in range(cells)],
        "forecast": {
            "last_measured": 70.0,
            "score": None,
            "cells": [forecast_of(index) for index in range(cells)],
        },
        "assumptions": [
            {"assumption": "all as stated", "origin": "", "change": "nothing", "loss": 0.89},
            {"assumption": "half time of a loss", "origin": "priors lah10",
             "change": "prior of the half time of a loss twice as wide", "loss": 0.86},
            {"assumption": "what was measured beside the contents (shift) follows them",
             "origin": "witnesses of the same cells", "change": "contents alone", "loss": 0.58},
            {"assumption": "it is possible that the 1H gain drifts steadily",
             "origin": "rival of equal rank", "change": "rival gain excluded", "loss": 0.93},
        ],
        "next_measurements": [
            {"name": "warmer", "words": "six contents while the cell is 10 K warmer", "gain": 2.4,
             "gain_std": 0.3, "decides": 0.62, "assumption": "activation 0.95 eV"},
            {"name": "shift", "words": "shift of the metal with each of six contents", "gain": 1.8,
             "gain_std": 0.2, "decides": 0.5, "assumption": ""},
            {"name": "go on", "words": "six contents in the next two weeks", "gain": 0.4,
             "gain_std": 0.1, "decides": 0.1, "assumption": ""},
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
            "hypothesis": "contract", "describes": True, "chi2_probability": 0.41,
            "correlation_probability": 0.3, "largest_probability": 0.5,
            "witnesses": {"shift": 0.4},
            "sentence": "'contract' describes the data (probability of the misfit 0.41).",
        },
        "contradicted_by": "Long-Term Stability of Superconducting Metal Superhydrides, "
        "arXiv:2507.08009 (2025): LaH10 intact after more than five years.",
        "second_opinion": None,
    }  # fmt: skip
