"""Count how often stated intervals of Tc hold, and a transition is invented or missed.

Curves are made by forms that the estimator does not use: logistic steps, Tinkham's form, networks
of grains; straight, curved and Bloch-Grueneisen normal states; white noise, a drift of the
amplifier, residuals, several steps, sweeps that end in the step, and thermal lag.

    python benchmarks/critical_temperatures.py 2000
"""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq

from megabar import schemas
from megabar.observables.critical_temperature import critical_temperature
from megabar.observables.thermal_lag import thermal_lag
from megabar.superconductivity import networks
from megabar.superconductivity.resistances import bloch_grueneisen, broadened_transition

KINDS = (
    "logistic",
    "tinkham",
    "network",
    "two steps",
    "incomplete",
    "partial",
    "none",
    "coarse",
    "lag",
)
"""What a curve is; "none" has no transition, "lag" is two ramps of a thermometer that lags."""


@dataclass(frozen=True, kw_only=True)
class Curve:
    """A simulated sweep and what is true of it."""

    kind: str
    temperature: np.ndarray
    resistance: np.ndarray
    clean: np.ndarray
    noise: float
    truth: dict[str, float]

    def sweep(self):
        """Make the dataset that a reader would."""
        direction = np.ones(self.temperature.size, dtype=np.int8)
        return schemas.sweep(
            {"resistance": self.resistance},
            coords={"temperature": self.temperature, "direction": direction},
            attrs={"cell": "A", "current": 1e-3, "source": "simulated", "source_sha256": "0"},
        )


def normal_state(t, rng):
    """Draw a normal state, of 1 ohm at the upper end."""
    form = rng.choice(["flat", "straight", "curved", "phonons"])
    if form == "phonons":
        shape = bloch_grueneisen(
            t,
            residual=rng.uniform(0.05, 1.0),
            coefficient=4.0,
            debye_temperature=rng.uniform(200, 1200),
        )
    else:
        x = (t - t[0]) / (t[-1] - t[0])
        power = rng.uniform(0.1, 0.9)  # of T, what a metal does; more is a transition of its own
        slope = 0.0 if form == "flat" else power * (t[-1] - t[0]) / t[-1]
        bend = rng.uniform(-0.4, 0.4) * slope if form == "curved" else 0.0
        shape = 1 - slope * (1 - x) + bend * (1 - x) ** 2
    return shape / shape[-1]


def logistic(t, place, width):
    """Give a step of unit height."""
    return 1 / (1 + np.exp(-np.clip((t - place) / width, -500, 500)))


def network_step(t, place, spread, rng):
    """R/R_N of a film of grains, smoothed as fluctuations smooth it."""
    size = (10, 14)
    film = networks.Film(
        critical_temperature=rng.normal(place, spread, size),
        normal_resistance=np.exp(0.3 * rng.normal(size=size)),
        electrodes=networks.bar(size),
    )
    grid = np.linspace(place - 5 * spread, place + 5 * spread, 120)
    raw = networks.resistance(film, temperature=grid)
    from scipy.ndimage import gaussian_filter1d

    smooth = gaussian_filter1d(raw / raw[-1], 4.0)
    return np.interp(t, grid, smooth, left=smooth[0], right=1.0)


def curve(rng, kind):
    """Draw one curve.

    Truth holds the temperature of each level of the noiseless r, nan where it is not reached.
    """
    tc = rng.uniform(60, 250)
    width = 10 ** rng.uniform(-0.7, 0.7) * tc / 200  # K, of a logistic
    span = rng.uniform(25, 60) * max(width, 0.01 * tc)
    low, high = max(tc - span * rng.uniform(0.4, 1.0), 4.0), tc + span
    count = int(rng.integers(150, 1500))
    if kind == "coarse":
        count = int((high - low) / (rng.uniform(0.3, 3.0) * width)) + 30
    fine = np.linspace(low, high, 20001)
    ratio = _ratio(fine, kind, tc, width, rng)
    t = np.sort(low + (high - low) * (np.arange(count) + rng.uniform(0.0, 1.0)) / count)
    if kind == "incomplete":
        end = fine[np.searchsorted(ratio, rng.uniform(0.2, 0.45))]
        t = t[t > end]
    normal = normal_state(fine, rng)
    noise = 10 ** rng.uniform(-3.5, -1.7)
    drift = rng.uniform(-1, 1) * 3e-3 * (t - t[0]) / (t[-1] - t[0])
    signal = np.interp(t, fine, normal * ratio) * (1 + drift)
    resistance = signal + noise * rng.normal(size=t.size)
    truth = {name: _place(fine, ratio, t[0], level) for name, level in LEVELS.items()}
    return Curve(
        kind=kind, temperature=t, resistance=10 * resistance, clean=10 * signal, noise=noise,
        truth=truth,
    )  # fmt: skip


LEVELS = {"tc_onset": 0.9, "tc_midpoint": 0.5, "tc_foot": 0.1}


def _ratio(fine, kind, tc, width, rng):
    if kind == "none":
        return np.ones_like(fine)
    if kind == "tinkham":
        sharpness = (1.2188 * tc / (4.4 * width)) ** 1.5
        return broadened_transition(fine, critical_temperature=tc, sharpness=sharpness)
    if kind == "network":
        return network_step(fine, tc, 2 * width, rng)
    if kind == "partial":
        rest = rng.uniform(0.15, 0.6)
        return rest + (1 - rest) * logistic(fine, tc, width)
    if kind == "two steps":
        share, apart = rng.uniform(0.2, 0.8), rng.uniform(10, 15) * width
        return share * logistic(fine, tc, width) + (1 - share) * logistic(
            fine, tc - apart, width * rng.uniform(0.5, 1.0)
        )
    return logistic(fine, tc, width)


def _place(fine, ratio, lowest, level):
    if ratio[fine >= lowest][0] > level - 0.02:
        return np.nan
    return float(brentq(lambda one: np.interp(one, fine, ratio) - level, lowest, fine[-1]))


def study(count, *, seed):
    """Analyse that many curves.

    Returns
    -------
    :
        Rows of (kind, verdict, model, {name: pull}).
    """
    rows = []
    for k in range(count):
        rng = np.random.default_rng([seed, k])
        kind = KINDS[k % len(KINDS)]
        if kind == "lag":
            rows.append(lagging(rng))
            continue
        one = curve(rng, kind)
        found = critical_temperature(one.sweep())
        pulls = {
            name: (float(found[name]) - one.truth[name]) / float(found[f"{name}_std"])
            for name in ("tc_onset", "tc_midpoint")
            if np.isfinite(one.truth[name]) and np.isfinite(found[name])
        }
        rows.append((kind, found.attrs["verdict"], found.attrs["normal_state_model"], pulls))
    return rows


def lagging(rng):
    """Warm and cool one curve under a thermometer that lags, and go back to no rate at all."""
    still = curve(rng, "logistic")
    tau = rng.uniform(5.0, 60.0)  # s
    found = []
    for rate in (rng.uniform(5e-3, 0.05), -rng.uniform(5e-3, 0.05)):  # K/s
        sample = still.temperature[:: int(np.sign(rate))]
        order = slice(None, None, int(np.sign(rate)))
        again = 10 * still.noise * rng.normal(size=sample.size)
        sweep = schemas.sweep(
            {"resistance": still.clean[order] + again},
            coords={
                "temperature": sample + rate * tau,
                "direction": np.full(sample.size, int(np.sign(rate)), dtype=np.int8),
                "time": (sample - sample[0]) / rate,
            },
            attrs={"cell": "A", "current": 1e-3, "source": "simulated", "source_sha256": "0"},
        )
        found.append(critical_temperature(sweep))
    whole = thermal_lag(found)
    pull = (whole.tc - still.truth["tc_midpoint"]) / whole.tc_std
    pulls = {"tc_midpoint": pull} if np.isfinite(pull) else {}
    return ("lag", found[0].attrs["verdict"], found[0].attrs["normal_state_model"], pulls)


def coverage(rows, name, *, kind=None):
    """Give the share of pulls within one standard error, and their number."""
    pulls = [row[3][name] for row in rows if name in row[3] and kind in (None, row[0])]
    return float(np.mean(np.abs(pulls) <= 1)) if pulls else np.nan, len(pulls)


def false_transitions(rows):
    """Give the share of curves without a transition that were given one."""
    none = [row[1] for row in rows if row[0] == "none"]
    return float(np.mean([verdict not in ("no transition", "not covered") for verdict in none]))


def missed_transitions(rows):
    """Give the share of curves with a transition that were given none."""
    some = [row[1] for row in rows if row[0] != "none"]
    return float(np.mean([verdict in ("no transition", "not covered") for verdict in some]))


def main() -> None:
    """Print the tables."""
    count, seed = (*map(int, sys.argv[1:3]), *(2000, 20261)[len(sys.argv[1:3]) :])
    rows = study(count, seed=seed)
    print(f"{'kind':12s} {'T50':>12s} {'T90':>12s}  verdicts")
    for kind in (None, *KINDS):
        cells = [
            "{:5.3f} ({:4d})".format(*coverage(rows, name, kind=kind))
            for name in ("tc_midpoint", "tc_onset")
        ]
        seen = Counter(row[1] for row in rows if row[0] == kind) if kind else {}
        print(f"{kind or 'all':12s} {cells[0]} {cells[1]}  {dict(seen)}")
    print(f"false transitions {false_transitions(rows):.4f}")
    print(f"missed transitions {missed_transitions(rows):.4f}")
    print("normal states", dict(Counter(row[2] for row in rows)))


if __name__ == "__main__":
    main()
