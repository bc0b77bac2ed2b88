"""The verb mobility: what is typed, what is refused, and the verdict on published numbers."""

import contextlib
import io
import json
import re
from pathlib import Path

import pytest

from megabar.cli import main, terminal

LAH3 = ["mobility", "LaH3", "--lattice-parameter", "4.365(0) angstrom", "--field", "395 MHz"]
PUBLISHED = [
    *("mobility", "LaH10", "--lattice-parameter", "5.10(0) angstrom", "--field", "395 MHz"),
    *("--t1", "1.50(8) ms", "--t2", "1.5(2) ms", "--t2-sequence", "hahn-echo"),
    *("--fwhm", "1350(50) Hz", "--dead-time", "5 us", "--claim", "1e-6 cm^2/s"),
    *("--literal", "3pi/10:mu0^2:hbar", "--audit"),
]


def outcome(capsys, *words):
    """Exit code, standard output and standard error of one call."""
    code = main.main(list(words))
    captured = capsys.readouterr()
    return code, captured.out, captured.err


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """The published numbers on LaH10, once as JSON with a figure."""
    figure = tmp_path_factory.mktemp("figures") / "verdict.svg"
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        code = main.main([*PUBLISHED, "--figure", str(figure), "--json"])
    return code, json.loads(out.getvalue()), figure


def test_the_published_t1_is_below_the_floor(published):
    _, found, _ = published
    assert found["floor"]["nominal"] == pytest.approx(5.870e-3, rel=1e-3)
    assert found["floor"]["below"]
    assert found["floor"]["sum_r6_needed"] * 1e-60 == pytest.approx(6.794, rel=2e-3)
    assert found["floor"]["other_rate"] == pytest.approx(496, rel=1e-2)
    assert {one["from_t1"]["reason"] for one in found["models"]} == {"NOT_DIPOLAR"}


def test_the_two_windows_are_those_of_the_declared_networks(published):
    """Reference values without lanthanum; it adds 1 to 4 %."""
    code, found, _ = published
    assert code == terminal.LOW_CONFIDENCE
    assert (found["quality"], found["reason"]) == ("lower bound", "BOUNDED")
    bounds = {one["name"]: one for one in found["bounds"]}
    equal, exclusion = "1.15 + 1.22 A, independent walk", "1.15 + 1.22 A, exclusion"
    assert bounds["B1"]["by_motion"][equal] == pytest.approx(1.40e-12, rel=0.05)
    assert bounds["B1"]["by_motion"][exclusion] == pytest.approx(1.68e-12, rel=0.05)
    assert bounds["B1"]["diffusivity"] == pytest.approx(6.6e-13, rel=0.05)
    assert bounds["B2"]["by_motion"][equal] == pytest.approx(5.37e-12, rel=0.05)
    assert bounds["B2"]["by_motion"][exclusion] == pytest.approx(6.64e-12, rel=0.05)
    assert bounds["B2"]["diffusivity"] == pytest.approx(2.73e-12, rel=0.05)
    assert found["interval"][1] is None


def test_the_published_diffusivity_is_allowed_and_says_what_it_means(published):
    _, found, _ = published
    (claim,) = found["claims"]
    assert claim["diffusivity"] == pytest.approx(1e-10)
    assert claim["allowed"]
    assert claim["t1"] == pytest.approx([25e-3, 91e-3], rel=0.06)


def test_the_literal_formula_is_reproduced_with_its_factor(published):
    _, found, _ = published
    (literal,) = found["literal"]
    assert literal["factor"] == pytest.approx(0.75 * 157.91, rel=1e-4)


def test_the_audit_has_ten_rows(published):
    _, found, _ = published
    assert len(found["audit"]) == 10
    assert "not SI, 158 x" in found["audit"][0]["verdict"]
    assert "NOT_DIPOLAR" in found["audit"][3]["verdict"]


def test_the_figure_of_the_verdict_is_written(published):
    _, found, figure = published
    assert found["figure"] == str(figure)
    text = figure.read_text()
    assert text.startswith("<?xml")
    assert text.count("<path") > 100


def test_people_read_verdict_tables_and_audit(capsys):
    words = ["--t2", "10(1) ms", "--t2-sequence", "hahn-echo", "--network", "1.89 A"]
    code, out, _ = outcome(capsys, *LAH3, *words)
    assert code == terminal.LOW_CONFIDENCE
    for said in (
        "VERDICT",
        "D >= ",
        "if nothing moved",
        "model by model",
        "B1 >=",
        "conventions",
    ):
        assert said in out


def test_a_network_that_is_chosen_stands_alone_and_what_is_supposed_is_said(capsys):
    _, out, _ = outcome(capsys, *LAH3, "--t2", "10(1) ms", "--network", "1.89 A", "--json")
    found = json.loads(out)
    assert [one["mechanism"] for one in found["models"]] == ["independent", "exclusion"]
    assert {one["network"] for one in found["models"]} == {"1.89 A"}
    assert any("sequence of T2 is unknown" in one for one in found["messages"])


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (LAH3, terminal.INPUT_MISSING, "at least one of --t1"),
        ([*LAH3, "--t1", "1.5 ms"], terminal.INPUT_MISSING, "--t1 '1.5 ms' without its standard"),
        ([*LAH3, "--t1", "1.5(1) Hz"], terminal.BAD_INPUT, "converts to s"),
        ([*LAH3, "--t1", "-1.5(1) s"], terminal.BAD_INPUT, "t1 = -1.5 s"),
        ([*LAH3, "--t1rho", "1.5(1) ms"], terminal.INPUT_MISSING, "--locking-field"),
        ([*LAH3, "--t2", "1(1) s", "--t2-sequence", "echo"], terminal.BAD_INPUT, "Did you mean"),
        ([*LAH3, "--t2", "1(1) s", "--claim", "0 cm^2/s"], terminal.BAD_INPUT, "above 0"),
        ([*LAH3, "--t2", "1(1) s", "--literal", "pi"], terminal.BAD_INPUT, "3pi/10:mu0"),
        (
            [*LAH3, "--t2", "1(1) s", "--literal", "2pi/5:mu0^2:hbar"],
            terminal.INPUT_MISSING,
            "--literal without T1",
        ),
        ([*LAH3, "--t2", "1(1) s", "--audit"], terminal.BAD_INPUT, "numbers are on LaH10"),
        ([*LAH3, "--t2", "1(1) s", "--network", "1.9 A"], terminal.BAD_INPUT, "you mean 1.89 A"),
        ([*LAH3, "--t2", "1(1) s", "--length-error", "3"], terminal.BAD_INPUT, "below 20 %"),
        ([*LAH3, "--t2", "1(1) s", "--figure", "x.bmp"], terminal.BAD_INPUT, r"\.svg"),
        ([*LAH3[:4], "--t2", "1(1) s"], terminal.INPUT_MISSING, "--field"),
        (
            ["mobility", "LaH3", "--lattice-parameter", "4.365 angstrom", "--field", "9 T",
             "--t2", "1(1) ms"],
            terminal.INPUT_MISSING,
            "--length-error",
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_or_missing_is_said_in_one_line_with_the_option(words, code, said, capsys):
    found, out, err = outcome(capsys, *words)
    assert found == code, err
    assert out == ""
    assert err.count("\n") == 1
    assert re.search(said, err), err


def nested_keys(value, *, under=""):
    """Keys of all objects inside, without those that are names of nuclei, models, explanations."""
    if isinstance(value, list):
        return {key for entry in value for key in nested_keys(entry, under=under)}
    if not isinstance(value, dict) or under in {"second_moment_unlike", "by_motion", "predictions"}:
        return set()
    inside = (nested_keys(entry, under=key) for key, entry in value.items())
    return set(value).union(*inside)


def test_the_reference_names_every_key_at_every_depth(published):
    _, found, _ = published
    page = Path(__file__).resolve().parents[3] / "docs" / "reference" / "command-line.md"
    chapters = page.read_text().split("## moments")[1]
    written = set(re.findall(r"`(\w+)`", chapters))
    assert nested_keys(found) - written == {"schema"}


def test_stated_vacancies_are_a_model_of_their_own(monkeypatch):
    from megabar.cli import mobility
    from megabar.matter import crystals

    def noted(name):
        return lambda _crystal, _network, **words: (name, words.get("vacancy_fraction"))

    for name in ("lattice_walk", "exchange_walk", "vacancy_walk"):
        monkeypatch.setattr(mobility, name, noted(name))
    full = crystals.crystal("LaH10", lattice_parameter=5.10e-10)
    thinned = crystals.with_vacancies(full, species="H", fraction=0.02)
    found = mobility._motions(thinned, [], 1, lambda *_: None)
    assert [name for name, _ in found[:4]] == [
        "lattice_walk", "exchange_walk", "vacancy_walk", "lattice_walk",
    ]  # fmt: skip
    assert found[2][1] == pytest.approx(0.02)
    assert all(
        name != "vacancy_walk" for name, _ in mobility._motions(full, [], 1, lambda *_: None)
    )
