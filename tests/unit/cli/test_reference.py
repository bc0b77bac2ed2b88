"""The reference of the command line says what the verbs answer, key by key."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from tests.batteries import simulated_frames, small_campaign

from megabar.cli import main
from megabar.observables.diffusivity_answers import REASONS

PAGE = Path(__file__).resolve().parents[3] / "docs" / "reference" / "command-line.md"


def documented(title):
    """Keys in the first column of the table below a heading."""
    below = PAGE.read_text().split(f"### {title}\n", 1)[1]
    rows = re.findall(r"^\| (`.*?) \|", below.split("\n#")[0], flags=re.MULTILINE)
    return {key for row in rows for key in re.findall(r"`(\w+)`", row)}


@pytest.fixture(scope="module")
def campaign(tmp_path_factory):
    folder = tmp_path_factory.mktemp("campaigns") / "small"
    small_campaign.simulate(folder)
    main.main(["run", str(folder), "--workers", "0"])
    return folder


@pytest.fixture(scope="module")
def frames(tmp_path_factory):
    path = tmp_path_factory.mktemp("frames") / "XDATCAR"
    found, _ = simulated_frames.lah10(interval=5e-14, frames=120, seed=1)
    simulated_frames.write_xdatcar(path, found)
    return path


@pytest.mark.parametrize(
    ("title", "words", "optional"),
    [
        ("`megabar.show/1` of a campaign", ["show", "{}"], set()),
        ("`megabar.show/1` of a simulation plan", ["show", "{}.toml"], set()),
        ("`megabar.show/1` of a file", ["show", "{}/raw/cell-1/day-000/1H_fid"], set()),
        ("`megabar.check/1`", ["check", "{}"], {"path", "version", "packages"}),
        ("`megabar.check/1`", ["check"], {"path", "campaign", "files"}),
        ("`megabar.simulate/1`", ["simulate", "{}.toml", "-o", "{}"], set()),
        ("`megabar.run/1`", ["run", "{}"], set()),
        ("`megabar.status/1`", ["status", "{}"], set()),
        ("`megabar.report/1`", ["report", "{}"], set()),
        ("`megabar.read/1`", ["read", "{}/raw/cell-1/day-000/1H_fid", "-o", "{}.nc"], set()),
        ("`megabar.moments/1`", ["moments", "LaH10", "--lattice-parameter", "5.1 angstrom"], set()),
        (
            "`megabar.mobility/1`",
            [
                *("mobility", "LaH3", "--lattice-parameter", "4.365(0) angstrom"),
                *("--field", "395 MHz", "--t1", "90(3) ms", "--network", "1.89 A"),
            ],
            set(),
        ),
        ("`megabar.audit/1` of all papers", ["audit"], set()),
        ("`megabar.audit/1` of a paper", ["audit", "lah10"], set()),
        (
            "`megabar.audit/1` of two signals",
            [
                *("audit", "content", "--nuclei", "1H,139La", "--equal-noise"),
                *("--s-hydrogen", "4.0(1)", "--s-metal", "0.10(1)"),
            ],
            set(),
        ),
        ("`megabar.pressure/1` of scales", ["pressure", "--list-scales"], set()),
        (
            "`megabar.pressure/1` of a conversion",
            ["pressure", "--convert", "170", "akahama2006", "eremets2023"],
            set(),
        ),
        (
            "`megabar.pressure/1` of readings",
            [
                *("pressure", "--gauge", "edge", "--scale", "eremets2023", "--temperature"),
                *("296 K", "--value", "1647.4", "--error", "1.0"),
            ],
            set(),
        ),
        ("`megabar.error/1`", ["show", "{}/absent"], {"argument", "candidates", "schema"}),
    ],
)
def test_the_reference_names_every_key_and_no_other(title, words, optional, campaign, capsys):
    main.main([*(word.format(campaign) for word in words), "--json"])
    found = set(json.loads(capsys.readouterr().out))
    assert found - {"schema"} == documented(title) - optional


def test_the_reference_names_every_key_of_a_trajectory(frames, capsys):
    words = ["trajectory", str(frames), "--frame-interval", "50 fs", "--framework", "La", "--json"]
    main.main([*words, "--structure", "LaH10", "--field", "395 MHz"])
    found = json.loads(capsys.readouterr().out)
    assert set(found) - {"schema"} == documented("`megabar.trajectory/1`")
    section = PAGE.read_text().split("### `megabar.trajectory/1`\n", 1)[1].split("\n#")[0]
    wanted = set(re.findall(r"`(\w+)`", section))
    for name in ("hopping", "regime", "correlation", "rates", "displacements"):
        assert set(found[name]) <= wanted, name


def test_the_reference_names_every_key_of_a_critical_temperature(tmp_path, capsys):
    temperature = np.arange(180, 230, 0.05)
    resistance = (10 + 0.05 * temperature) / (1 + np.exp(-(temperature - 200) / 0.5))
    rows = "\n".join(f"{t:.4f},{r:.8f}" for t, r in zip(temperature, resistance, strict=True))
    path = tmp_path / "curve.csv"
    path.write_text(f"T (K),R (ohm)\n{rows}\n")
    words = ["tc", str(path), "--columns", "temperature=T (K)", "--columns", "resistance=R (ohm)"]
    main.main([*words, "--source-kind", "log", "--json"])
    found = json.loads(capsys.readouterr().out)
    section = PAGE.read_text().split("### `megabar.tc/1`\n", 1)[1].split("\n#")[0]
    assert set(found) - {"schema"} <= documented("`megabar.tc/1`")
    named = set(re.findall(r"`(\w+)`", section))
    (one,) = found["answers"]
    assert set(one) <= named
    for part in ("temperatures", "shape", "normal_state", "smooth_model"):
        assert set(one[part]) <= named, part
    assert set(one["temperatures"]["tc_midpoint"]) <= named


def test_every_reason_of_a_diffusivity_is_explained_with_its_quality():
    text = PAGE.with_name("diffusivity.md").read_text()
    rows = re.findall(r"^\| `([A-Z_]+)` \| ([a-z ]+) \|", text, flags=re.MULTILINE)
    assert dict(rows) == REASONS


def test_every_verb_has_a_chapter():
    text = PAGE.read_text()
    for verb in main.VERBS:
        assert f"\n## {verb}\n" in text
        assert f"`megabar.{verb}/1`" in text
