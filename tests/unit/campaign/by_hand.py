"""Plans and rows that were made by hand: one record with its numbers, without a file."""

import json
from datetime import datetime, timedelta
from math import pi

from megabar.campaign import plan
from megabar.campaign.rows import Acquisition, Analysis, Value
from megabar.campaign.sessions import Record

DAY = timedelta(days=1)
HEATED = datetime(2026, 1, 10, 12)  # noqa: DTZ001

CHANNELS = {
    "1H": plan.Channel(
        name="1H", measure="line", files="*", nucleus="1H", role="hydrogen", shape="lorentzian",
        t1=1e-3, t1_std=0.0,
    ),
    "139La": plan.Channel(
        name="139La", measure="line", files="*", nucleus="139La", role="metal", shape="gaussian",
        t1=1e-3, t1_std=0.0,
    ),
    "1H-t1": plan.Channel(name="1H-t1", measure="t1", files="*", nucleus="1H", model="single"),
    "139La-t2": plan.Channel(
        name="139La-t2", measure="t2", files="*", nucleus="139La", model="single"
    ),
    "Cu": plan.Channel(name="Cu", measure="copper", files="*", nucleus="63Cu", shape="gaussian"),
    "ambient-copper": plan.Channel(
        name="ambient-copper", measure="copper", files="*", nucleus="63Cu", shape="gaussian"
    ),
}  # fmt: skip


def make(**changes) -> plan.Plan:
    base = {
        "schema": "campaign/1",
        "name": "by hand",
        "metal": "139La",
        "cells": (plan.Cell(name="c", directory="raw", heated_at=HEATED),),
        "channels": tuple(CHANNELS.values()),
        "content": plan.Content(
            calibration="precursor",
            precursor_h_per_metal=3.0,
            precursor_h_per_metal_std=0.03,
            pairing=3600.0,
        ),
    }
    return plan.Plan(**{**base, **changes})


def record(
    channel: str | plan.Channel, day: float, *, cell="c", settings=None, sequence="fid",
    details=None, **values,
) -> Record:  # fmt: skip
    """One record: ``name=(value, std)``, or ``name=(value, std, quality)``."""
    described = CHANNELS[channel] if isinstance(channel, str) else channel
    channel = described.name
    identity = f"{channel}@{day}"
    units = {
        "t1": "s", "t2": "s", "line_frequency": "Hz", "fwhm": "Hz", "snr_per_root_scan": "1",
        "amplitude": "1", "nutation_frequency": "Hz",
    }  # fmt: skip
    known = {
        "carrier_frequency": 100e6, "repetition_time": 1.0, "flip_angle": pi / 2, "dwell": 1e-6,
    }  # fmt: skip
    return Record(
        acquisition=Acquisition(
            id=identity, cell=cell, channel=channel, measure=described.measure,
            source=f"raw/{identity}", source_sha256="", source_files=(), decisions="{}",
            version="", archive=identity, archive_sha256="", schema="acquisition/1",
            started_at=(HEATED + day * DAY).isoformat(), nucleus=described.nucleus or "",
            sequence=sequence, settings=json.dumps(known | (settings or {})), warnings=(),
            supersedes=None,
        ),
        analysis=Analysis(
            id=f"analysis of {identity}", acquisition=identity, step=described.measure,
            node=described.nucleus or "", method="", provenance="{}", inputs=(), warnings=(),
            details=json.dumps(details or {}),
            values=tuple(
                Value(name=name, value=v[0], std=v[1], unit=units[name],
                      quality=v[2] if len(v) > 2 else "value")
                for name, v in values.items()
            ),
        ),
        channel=described,
    )  # fmt: skip


def only(results):
    (result,) = results
    return result


COPPER = plan.Reference(
    method="copper",
    proton_frequency=400e6,
    ambient_copper="raw/ambient",
    copper_knight_shift=2000.0,
    copper_knight_shift_change=-100.2,
    copper_knight_shift_change_std=50.1,
)
INSIDE = record("Cu", 0.01, settings={"carrier_frequency": 106e6}, line_frequency=(-2120.0, 1.06))
AMBIENT = record(
    "ambient-copper", -5, cell="reference", settings={"carrier_frequency": 106e6},
    line_frequency=(0.0, 2.12),
)  # fmt: skip
