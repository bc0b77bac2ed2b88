"""Grains and contents behind a broadened transition, as the verb tc tells them."""

import json

import numpy as np
import pytest

from megabar.cli import main, terminal

COLUMNS = ("--columns", "temperature=T (K)", "--columns", "resistance=R (ohm)")


@pytest.fixture
def broad(tmp_path):
    """A straight fall from 160 K down to 110 K: r is 0.4 at 130 K."""
    temperature = np.arange(90, 230, 0.25)
    resistance = 10 * np.clip((temperature - 110) / 50, 0, 1)
    path = tmp_path / "broad.csv"
    rows = zip(temperature, resistance, strict=True)
    path.write_text("T (K),R (ohm)\n" + "".join(f"{t},{r:.6f}\n" for t, r in rows))
    return str(path)


def answer(capsys, *words):
    code = main.main(["tc", *words, *COLUMNS, "--source-kind", "log", "--json"])
    captured = capsys.readouterr()
    return code, json.loads(captured.out) if captured.out else captured.err


def test_shares_are_those_of_an_effective_medium(broad, capsys):
    code, found = answer(capsys, broad, "--anchors", "--window", "170", "225")
    assert code == terminal.OK
    path = found["answers"][0]["path"]
    at = int(np.argmin(np.abs(np.array(path["film"]["temperature"]) - 130)))
    # r = 1 - d f below the threshold of percolation
    assert path["film"]["share"][at] == pytest.approx(0.3, abs=2e-3)
    assert path["powder"]["share"][at] == pytest.approx(0.2, abs=2e-3)
    assert path["film"]["quality"][0] == "lower bound"
    assert path["contents"] is None


def test_contents_lie_between_chosen_anchors_and_nowhere_else(broad, capsys):
    _, found = answer(
        capsys, broad, "--anchors", "La4H23-118", "LaH10-170", "--across-phases",
        "--window", "170", "225",
    )  # fmt: skip
    path = found["answers"][0]["path"]
    content = np.array(path["contents"]["h_per_metal"], dtype=float)
    temperature = np.array(path["film"]["temperature"])
    at = int(np.argmin(np.abs(temperature - 130)))
    assert content[at] == pytest.approx(5.75 + (10 - 5.75) * (130 - 105) / (250 - 105), abs=0.01)
    assert np.all(np.isnan(content[temperature < 105]))
    assert any("crosses structures" in one for one in path["sentences"])


def test_a_line_across_structures_is_refused_unless_allowed(broad, capsys):
    words = ["tc", broad, *COLUMNS, "--source-kind", "log", "--window", "170", "225"]
    code = main.main([*words, "--anchors", "La4H23-118", "LaH10-170"])
    assert code != terminal.OK
    assert "nobody measured" in " ".join(capsys.readouterr().err.split())


def test_without_being_asked_nothing_is_said_of_grains(broad, capsys):
    _, found = answer(capsys, broad, "--window", "170", "225")
    assert found["answers"][0]["path"] is None
