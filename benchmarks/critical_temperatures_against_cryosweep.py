"""Critical temperatures of measured files, beside those of cryosweep in its own environment.

    python benchmarks/critical_temperatures_against_cryosweep.py DATA [--environment FOLDER]

DATA holds rt-nb-ppms-250308 and rt-csh-vector-extracted-B. Both sides are given the same numbers:
T and R of one bridge of one file, as our readers give them. cryosweep takes the median over the top
fifth of the temperatures for the normal state; we fit it just above the step. Last come two curves
whose temperatures are known by construction: a logistic on a sloping normal state, narrow and wide
sweep. The table goes to standard output, ready for a page of Markdown.

The curves of CSH come from a RETRACTED paper: shapes to test a routine by, and no evidence.

cryosweep (PolyForm Noncommercial) is installed with pip into FOLDER, by default one that is thrown
away; nothing of it is kept. Where that fails its column is left out and a sentence says so. Exits
with 1 if our midpoint of a constructed curve is off by more than 0.01 K.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from megabar import schemas
from megabar.observables.critical_temperature import critical_temperature
from megabar.observables.resistance_ramps import ramps
from megabar.readers import registry

NB = "250308-ch1Nb50Al100-ch2Nb100Al20-ch3Nb100Al100"
FILM = "250308_3D_mh_photolitho"
CSH = {
    "columns": {"temperature": "Temp in K", "resistance": "R in ohm"},
    "source_kind": "digitised",
    "note": "retracted",
}
GESE4 = {
    "columns": {"temperature": "Temperature(K)", "resistance": "Resistance(Ohms)"},
    "source_kind": "digitised",
}
FILES = [
    *((f"rt-nb-ppms-250308/{NB}_fineUp2.dat", {"channel": k}) for k in (1, 2, 3)),
    *((f"rt-nb-ppms-250308/{NB}_fineUp1.dat", {"channel": k}) for k in (1, 2, 3)),
    *((f"rt-nb-ppms-250308/{NB}_coarseUp1.dat", {"channel": k}) for k in (1, 2, 3)),
    *((f"rt-nb-ppms-250308/{FILM}_fineUp1.dat", {"channel": k}) for k in (1, 2)),
    (f"rt-nb-ppms-250308/{FILM}_fineUp2.dat", {"channel": 1}),
    *((f"rt-csh-vector-extracted-B/CSH-Fig1a/{k}_GPa.csv", CSH) for k in (210, 250, 258)),
    *((f"rt-csh-vector-extracted-B/CSH-Fig2b/0{k}_T.csv", CSH) for k in (1, 6)),
    *((f"rt-csh-vector-extracted-B/GeSe4-FigB4/{k}_GPa.csv", GESE4) for k in (16, 24)),
]
LEVELS = ("onset", "midpoint", "foot")
AGREEMENT = 0.01

PEER = """
import json, sys
from cryosweep_core.analyzers.resistive_tc import detect_resistive_tc
found = [detect_resistive_tc(t, r) for t, r in json.load(sys.stdin)]
keys = ("tc_onset_k", "tc_mid_k", "tc_zero_k")
print(json.dumps([one and [one[key] for key in keys] for one in found]))
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, help="folder with the measured files")
    parser.add_argument("--environment", type=Path, default=None)
    chosen = parser.parse_args()
    curves = [*_measured(chosen.data), *_constructed()]
    ours = [_ours(curve) for _, curve in curves]
    peer = _peer(chosen.environment, [curve for _, curve in curves])
    if isinstance(peer, str):
        print(f"cryosweep skipped: {peer}\n")
        peer = [None] * len(curves)
    print("| curve | megabar | T90 / T50 / T10 (K) | cryosweep 90 / 50 / 10 % (K) |")
    print("|---|---|---|---|")
    for (name, _), (verdict, values), theirs in zip(curves, ours, peer, strict=True):
        print(f"| {name} | {verdict} | {_words(values)} | {_words(theirs)} |")
    middles = [values[1] for _, values in ours[-2:]]
    return int(any(not abs(middle - 200) < AGREEMENT for middle in middles))


def _measured(folder: Path):
    for name, decisions in FILES:
        path = folder / name
        if not path.is_file():
            print(f"{name} is not there; left out.")
            continue
        sweep = registry.read(path, **decisions)
        longest = max(ramps(sweep), key=lambda one: one.sizes["point"])
        label = path.stem.replace(NB, "Nb/Al").replace(FILM, "photolitho")
        bridge = f" ch{decisions['channel']}" if "channel" in decisions else ""
        yield f"{label}{bridge}{' (retracted)' if decisions is CSH else ''}", longest


def _constructed():
    """Midpoint 200 K, T90 201.099 K, T10 198.901 K, on 10 + 0.05 T, exactly."""
    for name, ends in (("logistic, 185 to 215 K", (185, 215)), ("logistic, 5 to 300 K", (5, 300))):
        temperature = np.arange(*ends, 0.02)
        falling = np.exp(-np.clip((temperature - 200) / 0.5, -500, 500))
        attrs = {"cell": "A", "current": 1e-3, "source": "constructed", "source_sha256": "0"}
        coords = {"temperature": temperature, "direction": np.ones(temperature.size, int)}
        resistance = (10 + 0.05 * temperature) / (1 + falling)
        yield name, schemas.sweep({"resistance": resistance}, coords=coords, attrs=attrs)


def _ours(curve) -> tuple[str, list[float]]:
    found = critical_temperature(curve)
    values = [float(found[f"tc_{name}"]) for name in LEVELS[:2]]
    return found.attrs["verdict"], [*values, found.attrs["tc_foot"]]


def _words(values) -> str:
    if values is None or not any(v is not None and np.isfinite(v) for v in values):
        return "-"
    known = (v is not None and np.isfinite(v) for v in values)
    return " / ".join(f"{v:.3f}" if k else "-" for v, k in zip(values, known, strict=True))


def _peer(environment: Path | None, curves) -> list[list[float] | None] | str:
    """Critical temperatures of cryosweep, or why there are none."""
    with tempfile.TemporaryDirectory() as thrown_away:
        folder = environment or Path(thrown_away) / "cryosweep"
        python = folder / "bin" / "python"
        try:
            if not python.exists():
                subprocess.run([sys.executable, "-m", "venv", folder], check=True)
                install = [python, "-m", "pip", "install", "-q", "cryosweep==0.7.0"]
                subprocess.run(install, check=True, capture_output=True)
            numbers = [
                [
                    np.asarray(one[name].values, float).tolist()
                    for name in ("temperature", "resistance")
                ]
                for one in curves
            ]
            asked = json.dumps(numbers)
            told = subprocess.run(
                [python, "-c", PEER], input=asked, check=True, capture_output=True, text=True
            )
        except (subprocess.CalledProcessError, OSError) as failure:
            return f"it cannot be installed or run here ({failure})."
    return json.loads(told.stdout)


if __name__ == "__main__":
    sys.exit(main())
