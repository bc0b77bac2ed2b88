"""A campaign that was never run: numbers, bounds and failures, for the report."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import xarray as xr

from megabar import history, provenance, schemas
from megabar.campaign import plan
from megabar.campaign.answers import Archived
from megabar.campaign.cross_checks import CrossCheckRow
from megabar.campaign.reference_tables import Witness
from megabar.campaign.rows import Failure
from megabar.history import Number
from megabar.observables.content_agreement import Agreement

DAYS = np.array([-3.0, 1.0, 5.0, 10.0, 16.0, 23.0, 30.0, 40.0, 50.0, 60.0, 70.0])
HEATED = datetime.fromisoformat("2026-01-10T12:00")
_LEVELS = (10.5, 9.6, 11.1, 10.1)


def truth(cell: int, name: str, nucleus: str) -> np.ndarray:
    """Give the noiseless history of one observable, in the unit of the datasets."""
    heated = DAYS >= 0
    days = np.clip(DAYS, 0, None)
    level = _LEVELS[cell]
    content = np.where(heated, level - (level - 3.0) * days / 72, 3.0)
    proton = nucleus == "1H"
    curves = {
        "line_frequency": np.full_like(days, 500.0),
        "h_per_metal": content,
        "shift": np.where(heated, 20.0, 8.0) if proton else 2800 - 270 * (content - 3),
        "fwhm": np.where(heated, 1350 + 8 * days, 48e3) if proton else 8e3 + 400 * days,
        "t1": np.where(heated, 1.5e-3, 9e-3) if proton else np.full_like(days, 4e-3),
        "t2": np.where(heated, 1.5e-3, 30e-6) if proton else np.full_like(days, 60e-6),
        "snr_per_root_scan": 0.9 - 0.003 * days if proton else 0.05 - 0.0003 * days,
        "field_offset": np.full_like(days, 4.0),
    }
    return curves[name]


def number(cell: int, session: int, *, channel: str, measure: str, node: str, name: str,
           value: float, std: float, quality: str = "value", **more: object) -> Number:  # fmt: skip
    """Make one number of one session."""
    source = f"raw/cell-{cell + 1}/day-{int(DAYS[session]):03d}/{channel}"
    digest = provenance.sha256_of_text(source)
    return Number(
        cell=f"cell-{cell + 1}", channel=channel, measure=measure, node=node,
        nucleus="1H" if node == "content" else node.removesuffix(" shift"),
        elapsed=float(DAYS[session]),
        started_at=(HEATED + timedelta(days=float(DAYS[session]))).isoformat(),
        name=name, value=value, std=std, unit=schemas.UNITS[name], quality=quality,
        method="least squares in the time domain", record=digest, source=source,
        source_sha256=digest,
        provenance=provenance.record(step=f"observables.{measure}", parameters={}, inputs=[digest]),
        **{"independent_std": None, "common_std": None, **more},
    )  # fmt: skip


UNDETERMINED = (1, 4)
"""Cell and session whose metal line is lost in the noise."""
LOST = {(1, 4, "t1", "139La")}
BOUNDS = {(2, 6, "t2", "139La"), (3, 9, "snr_per_root_scan", "139La")}
_PLAN = (
    ("1H-fid", "line", "1H", "line_frequency", 0.01),
    ("139La-echo", "line", "139La", "line_frequency", 0.01),
    ("1H-fid", "line", "1H", "fwhm", 0.02),
    ("1H-fid", "line", "1H", "shift", 0.05),
    ("1H-fid", "line", "1H", "snr_per_root_scan", 0.02),
    ("1H-satrec", "t1", "1H", "t1", 0.03),
    ("1H-echoes", "t2", "1H", "t2", 0.03),
    ("139La-echo", "line", "139La", "fwhm", 0.05),
    ("139La-echo", "line", "139La", "shift", 0.01),
    ("139La-echo", "line", "139La", "snr_per_root_scan", 0.05),
    ("139La-satrec", "t1", "139La", "t1", 0.08),
    ("139La-echoes", "t2", "139La", "t2", 0.08),
    ("63Cu", "copper", "63Cu", "field_offset", 0.2),
    ("1H-fid", "line", "content", "h_per_metal", 0.02),
    ("139La-echo", "line", "139La shift", "h_per_metal", 0.03),
)


def budget_details(session: int, value: float, std: float) -> dict:
    """Make what a content says about itself: scale, intervals, and what it hangs on."""
    growing = 0.01 * (1 + session)
    rows = [
        ("amplitude", "metal", "independent", 1 / (1 + growing), 1 / (1 - growing), "fit", None),
        ("echo_decay", "metal", "independent", 0.999, 1.001, "tau 25 us, T2 2 ms", 1.013),
        ("content of the precursor", "scale", "common", 0.983, 1.017, "stated", None),
        ("refocusing", "metal", "choice", 1.0, 1.083, "hard pulse; field gradients: x 1.08", 0.5),
        ("steady_state of the precursor, hydrogen", "scale", "common", 0.998, 1.002, "T1", None),
    ]
    names = ("source", "side", "kind", "low", "high", "detail", "left_out")
    return {
        "mode": "precursor", "estimate": value,
        "inputs": json.dumps({
            "precursor_h_per_metal": 3.0, "precursor_h_per_metal_std": 0.05,
            "precursor_factors": {"hydrogen": [], "metal": [
                {"name": "echo_decay", "value": 0.9898, "std": 0.0001}]}}),
        "factors": json.dumps({"hydrogen": [], "metal": [
            {"name": "echo_decay", "value": 0.9757, "std": 0.0007, "source": "T2"}]}),
        "budget": json.dumps([dict(zip(names, row, strict=True)) for row in rows]),
        "interval_68": [value - std, value + std], "interval": [value - 2 * std, value + 2 * std],
    }  # fmt: skip


def curve_details(measure: str, constant: float, rng: np.random.Generator) -> dict:
    """Make points and model of a recovery or a decay."""
    time = constant * np.logspace(-1.5, 0.8, 14)
    model = 1 - np.exp(-time / constant) if measure == "t1" else np.exp(-time / constant)
    std = np.full_like(time, 0.02)
    return {
        "curve_x": time.tolist(), "curve_y": (model + rng.normal(0, 0.02, time.size)).tolist(),
        "curve_y_std": std.tolist(), "curve_fit": model.tolist(),
        "curve_axis": "delay" if measure == "t1" else "echo_time",
        "curve_label": "saturation recovery" if measure == "t1" else "echo decay",
    }  # fmt: skip


class FakeCampaign:
    """What a report asks of a campaign, filled from a seed; no file stands behind it."""

    def __init__(self, folder: Path = Path("nowhere"), *, cells: int = 4, seed: int = 7) -> None:
        self.folder = folder
        self.plan_path = folder / "campaign.toml"
        self.plan_sha256 = provenance.sha256_of_text("plan")
        self.store_folder = folder / "store"
        channels = (
            ("1H-fid", "line", "1H", "hydrogen", "fid"),
            ("139La-echo", "line", "139La", "metal", "solid-echo"),
            ("63Cu", "copper", "63Cu", "none", "fid"),
        )
        self.plan = plan.Plan(
            schema="campaign/1",
            name="LaH10 at 170 GPa, <four> cells & 70 days",
            metal="139La",
            field=9.28,
            cells=tuple(
                plan.Cell(name=f"cell-{k + 1}", directory=f"raw/cell-{k + 1}", heated_at=HEATED,
                          synthesis_pressure=170.0)
                for k in range(cells)
            ),
            channels=tuple(
                plan.Channel(name=name, measure=measure, nucleus=nucleus, role=role, files="*",
                             shape="lorentzian", sequence=sequence)
                for name, measure, nucleus, role, sequence in channels
            ),
            content=plan.Content(calibration="precursor", precursor_h_per_metal=3.0,
                                 precursor_h_per_metal_std=0.05, pairing=86400.0),
            witnesses=(
                Witness(nucleus="139La", shift=(2800.0, 910.0), shift_std=(30.0, 30.0),
                        h_per_metal=(3.0, 10.0), source="somebody's own"),
            ),
            reference=plan.Reference(
                method="copper", proton_frequency=395.107e6, copper_knight_shift=2380.0,
                copper_knight_shift_change=0.0, copper_knight_shift_change_std=50.0,
            ),
        )  # fmt: skip
        rng = np.random.default_rng(seed)
        self._rows = [one for cell in range(cells) for one in _numbers_of(cell, rng)]

    def rows(self) -> tuple[Number, ...]:
        return tuple(self._rows)

    def failures(self) -> tuple[Failure, ...]:
        return (
            Failure(cell="cell-2", channel="139La-satrec", source="raw/cell-2/day-016/139La-satrec",
                    stage="observe", identity="", kind="FitFailed",
                    message="The fit of T1 did not arrive.", remedy="Look at the recovery."),
            Failure(cell="cell-3", channel="1H-satrec", source="raw/cell-3/day-023/1H_satrec",
                    stage="read", identity="", kind="AmbiguousArray",
                    message="two delay tables could be meant.",
                    argument="array", candidates=("de2", "de6")),
        )  # fmt: skip

    def warnings(self) -> tuple[str, ...]:
        return ('[[channel]] "resistance": no file.',)

    def witnesses(self) -> tuple[Agreement, ...]:
        names = ("chi2", "probability", "scale", "scale_std", "relative_slope",
                 "relative_slope_std", "relative_chi2", "relative_probability")  # fmt: skip
        return tuple(
            Agreement(cell=cell.name, nucleus="139La", points=10, agrees=True,
                      relative_agrees=True, content_moves=True, shift_moves=True,
                      sentence=f"Shift and amplitudes of {cell.name} tell the same story.",
                      **dict.fromkeys(names, 1.0))
            for cell in self.plan.cells
        )  # fmt: skip

    def cross_checks(self) -> tuple[CrossCheckRow, ...]:
        return (
            CrossCheckRow(name="LaCl3", nucleus="139La", source="raw/lacl3", found=1.0,
                          found_std=2.0, known_shift=0.0, known_shift_std=0.5, difference=1.0,
                          difference_std=2.06, z=0.485, agrees=True, excluded_beyond=5.1,
                          verdict="Found at its known shift.", tests="Tests the field.",
                          method="copper", pressure=None),
        )  # fmt: skip

    def acquisitions(self) -> tuple[Archived, ...]:
        found = {one.record: one for one in self._rows}
        return tuple(
            Archived(id=one.record, cell=one.cell, channel=one.channel, measure=one.measure,
                     nucleus=one.nucleus, elapsed=one.elapsed, started_at=one.started_at,
                     sequence="fid" if one.nucleus == "1H" else "solid-echo",
                     archive=self.store_folder / "archive" / f"{one.record[:12]}.nc",
                     source=one.source, source_sha256=one.source_sha256, present=True,
                     excluded=None, warnings=())
            for one in found.values()
        )  # fmt: skip

    def load(self, record: Archived) -> xr.Dataset:
        """Make the free induction decay whose line the numbers describe."""
        mine = {n.name: n for n in self._rows if n.record == record.id}
        rng = np.random.default_rng(int(record.source_sha256[:8], 16))
        proton = record.nucleus == "1H"
        time = 5e-6 + 1e-6 * np.arange(2048)
        phase = 2 * np.pi * mine["line_frequency"].value * time
        signal = np.exp(-np.pi * mine["fwhm"].value * time + 1j * phase + 0.8j)
        noise = rng.normal(size=(2, time.size)) / (30 if proton else 6)
        return schemas.acquisition(
            signal + noise[0] + 1j * noise[1],
            time=time,
            attrs={
                "nucleus": record.nucleus, "carrier_frequency": 395.1e6 if proton else 55.95e6,
                "n_scans": 1, "sequence": "fid", "repetition_time": 0.01, "dead_time": 5e-6,
                "cell": record.cell, "source": record.source,
                "source_sha256": record.source_sha256,
            },
            started_at=record.started_at,
        )  # fmt: skip

    def history(self, cell: str) -> xr.DataTree:
        return history.assemble(
            self._rows, cell=cell, metal="139La", heated_at=HEATED.isoformat(),
            synthesis_pressure=170.0, precursor_h_per_metal=3.0,
        )  # fmt: skip


def _numbers_of(cell: int, rng: np.random.Generator) -> list[Number]:
    rows = []
    for channel, measure, node, name, relative in _PLAN:
        for session, exact in enumerate(truth(cell, name, node)):
            std = abs(exact) * relative
            value, quality, more = exact + rng.normal(0, std), "value", {}
            if (cell, session, name, node) in LOST:
                value, std, quality = float("nan"), float("nan"), "failed"
            elif (cell, session, name, node) in BOUNDS:
                std, quality = float("nan"), "upper bound"
            elif measure in {"t1", "t2"}:
                more = {"details": curve_details(measure, value, rng)}
            if name == "shift":
                more = {"independent_std": std, "common_std": 0.5, "std": float(np.hypot(std, 0.5))}
            if node == "content":
                value, quality, more = _content(cell, session, value, std)
            more = {"std": std, **more}
            rows.append(number(cell, session, channel=channel, measure=measure, node=node,
                               name=name, value=value, quality=quality, **more))  # fmt: skip
    return rows


def _content(cell: int, session: int, value: float, std: float) -> tuple[float, str, dict]:
    """Make value, quality and all the rest of one content."""
    if (cell, session) == UNDETERMINED:
        lost = {"std": float("nan"), "details": {"mode": "precursor", "budget": ""}}
        return float("nan"), "not determined", lost
    total = float(np.hypot(std, 0.03 * value))
    more = {
        "assumptions": ("steady_state 0.999(1), from T1 of the session",),
        "details": budget_details(session, value, total),
        "warnings": (f"Noise is {session} % low.",) if session > 8 else (),
        "independent_std": std, "common_std": 0.03 * value, "std": total,
    }  # fmt: skip
    return value, "value", more
