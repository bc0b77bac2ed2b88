"""The verb audit: papers, one paper, two signals; what is typed and what is refused."""

import json
import re
from pathlib import Path

import pytest

from megabar.cli import main, terminal
from megabar.matter import nuclei
from megabar.observables.audit_inputs import PAPERS

PAGE = Path(__file__).resolve().parents[3] / "docs" / "reference" / "audit.md"
PAIR = [
    *("audit", "content", "--nuclei", "1H,139La"),
    *("--s-hydrogen", "4.0(1)", "--s-metal", "0.10(1)"),
]
EQUAL = [*PAIR, "--equal-noise"]
PULSES = [
    *("--pulse-90-hydrogen", "14(0) us", "--power-hydrogen", "0.8(0) W"),
    *("--pulse-90-metal", "14(0) us", "--power-metal", "5.0(0) W"),
    *("--shape-hydrogen", "gaussian:1%", "--shape-metal", "gaussian:1%"),
]
PRECURSOR = ["--precursor-content", "3.00(0)", "--precursor-ratio", "29(0)"]


def outcome(capsys, *words):
    """Exit code, standard output and standard error of one call."""
    code = main.main(list(words))
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def contents(capsys, *words):
    """(scale, line) -> content."""
    code, out, err = outcome(capsys, *words, "--json")
    assert code == terminal.OK, err
    rows = json.loads(out)["contents"]
    return {(one["scale"], one["line"]): one for one in rows}


def test_without_a_word_the_papers_are_listed(capsys):
    code, out, _ = outcome(capsys, "audit")
    assert code == terminal.OK
    for paper in PAPERS.values():
        assert paper.name in out
    assert "doi:10.1038/s41467-025-56033-3" in out
    assert "content" in out


def test_people_read_claim_numbers_verdict_and_what_survives(capsys):
    code, out, _ = outcome(capsys, "audit", "lah10")
    assert code == terminal.OK
    for said in ("a = 5.229 angstrom", "claim", "numbers", "verdict", "[survives]", "39.5 x"):
        assert said in out
    assert out.index("[inconsistent]") < out.index("[survives]")
    assert len(re.findall(r"^ *\d+  .* \[\w+\]$", out, flags=re.MULTILINE)) == len(
        re.findall(r"^    verdict", out, flags=re.MULTILINE)
    )


def test_programs_read_the_numbers_and_where_they_are_printed(capsys):
    _, out, _ = outcome(capsys, "audit", "lah10", "--json")
    found = json.loads(out)
    rows = {one["subject"]: one for one in found["findings"]}
    assert rows["number density"]["numbers"]["cell"] == pytest.approx(2.94e29, rel=1e-2)
    assert found["printed"]["loss_rate"]["printed"] == "0.12(5) H per La and day"
    lah10, lah3 = (found["structures"][name] for name in ("LaH10", "LaH3"))
    assert lah10["lattice_parameter"] == pytest.approx(5.229e-10, rel=1e-4)
    assert (lah10["size"], lah3["size"]) == ("the printed cell", "reported at 152 GPa")


def test_the_structures_can_be_stated(capsys):
    words = ["--lah10-lattice-parameter", "5.10 angstrom", "--lah3-lattice-parameter", "0.45 nm"]
    _, out, err = outcome(capsys, "audit", "lah10", *words, "--json")
    found = json.loads(out)
    rows = {one["subject"]: one["numbers"] for one in found["findings"]}
    assert rows["rigid width"]["fwhm_gaussian"] == pytest.approx(249e3, rel=1e-2), err
    assert rows["width of LaH3"]["fwhm_gaussian"] == pytest.approx(77.6e3, rel=3e-3)


def test_a_table_has_one_row_for_each_finding(capsys):
    _, out, _ = outcome(capsys, "audit", "lah10", "--table")
    numbers = re.findall(r"^  (\d+) +\S", out, flags=re.MULTILINE)
    assert [int(one) for one in numbers] == list(range(1, len(numbers) + 1))
    assert len(numbers) >= 20


def test_every_calibration_stands_beside_the_others(capsys):
    found = contents(capsys, *EQUAL, *PULSES, *PRECURSOR, "--precursor-part", "0.783(0)")
    assert found["p = 3", "whole line"]["h_per_metal"] == pytest.approx(40 * 0.05914, rel=2e-3)
    assert found["p = 2.5", "whole line"]["h_per_metal"] == pytest.approx(40 * 0.15736, rel=2e-3)
    calibrated = found["nutation of both channels", "whole line"]
    assert calibrated["h_per_metal"] == pytest.approx(6.70, rel=2e-3)
    assert calibrated["std"] / calibrated["h_per_metal"] == pytest.approx(
        (0.025**2 + 0.1**2) ** 0.5
    )
    echo = found["precursor", "solid echo, broadened by shifts"]
    assert echo["h_per_metal"] == pytest.approx(3 * 40 / 29 * 0.500 / 0.783, rel=2e-3)


def test_a_precursor_with_the_same_echo_cancels_it(capsys):
    found = contents(capsys, *EQUAL, *PRECURSOR)
    kept = {line for scale, line in found if scale == "precursor"}
    assert kept == {"whole line"}


def test_signals_of_all_scans_together_are_counted_by_the_root(capsys):
    whole = [
        *("audit", "content", "--nuclei", "1H,139La", "--equal-noise"),
        *("--s-hydrogen", "400(10)", "--scans-hydrogen", "10000"),
        *("--s-metal", "15.8113883(0)", "--scans-metal", "25000"),
    ]
    found = contents(capsys, *whole)
    assert found["p = 3", "whole line"]["h_per_metal"] == pytest.approx(40 * 0.05914, rel=2e-3)
    amplitude = contents(capsys, *whole, "--by", "amplitude_per_scan")
    ratio = found["p = 3", "whole line"]["h_per_metal"]
    ratio /= amplitude["p = 3", "whole line"]["h_per_metal"]
    assert ratio == pytest.approx((10000 / 25000) ** 0.5)


def test_unequal_noise_enters_by_its_root_with_its_error(capsys):
    noise = [
        *("--noise-factor-hydrogen", "1.44(0)", "--noise-factor-metal", "1.00(10)"),
        *("--noise-temperature-hydrogen", "300(0) K", "--noise-temperature-metal", "300(0) K"),
        *("--bandwidth-hydrogen", "2(0) MHz", "--bandwidth-metal", "500(0) kHz"),
    ]
    equal, found = contents(capsys, *EQUAL, *PULSES), contents(capsys, *PAIR, *noise, *PULSES)
    for place in (("p = 3", "whole line"), ("nutation of both channels", "whole line")):
        assert found[place]["h_per_metal"] / equal[place]["h_per_metal"] == pytest.approx(1.2 * 2)
        before, after = (one[place]["std"] / one[place]["h_per_metal"] for one in (equal, found))
        assert after**2 - before**2 == pytest.approx(0.05**2)


def test_an_enriched_sample_is_counted_by_its_abundance(capsys):
    iron = ["--nuclei", "1H,57Fe", "--s-hydrogen", "4.0(1)", "--s-metal", "0.10(1)"]
    natural = contents(capsys, "audit", "content", *iron, "--equal-noise")
    words = [*iron, "--equal-noise", "--abundance", "57Fe=95 %"]
    enriched = contents(capsys, "audit", "content", *words)
    ratio = enriched["p = 3", "whole line"]["h_per_metal"]
    ratio /= natural["p = 3", "whole line"]["h_per_metal"]
    assert ratio == pytest.approx(0.95 / 0.02119)


def test_a_part_that_was_measured_stands_with_its_error(capsys):
    words = [*EQUAL, "--fwhm-metal", "38 kHz", "--echo-delay", "25 us", "--part", "fit=0.40(4)"]
    found = contents(capsys, *words)
    assert found["p = 3", "solid echo, broadened by field gradients"]["part"] == pytest.approx(
        0.361, abs=3e-3
    )
    one = found["p = 3", "fit"]
    assert one["part"] == 0.40
    assert one["std"] / one["h_per_metal"] == pytest.approx((0.025**2 + 0.1**2 + 0.1**2) ** 0.5)


def test_a_metal_line_in_its_noise_has_no_upper_limit_and_says_so(capsys):
    weak = [*EQUAL[:-2], "0.10(7)", "--equal-noise"]
    code, out, _ = outcome(capsys, *weak)
    assert code == terminal.LOW_CONFIDENCE
    assert "no upper limit" in out
    assert "from choices alone" in out


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["audit", "lah11"], terminal.BAD_INPUT, "Did you mean lah10"),
        (["audit", "lah10", "--lah3-lattice-parameter", "0 nm"], terminal.BAD_INPUT, "above 0"),
        (["audit", "content"], terminal.INPUT_MISSING, "Found no --s-hydrogen"),
        (PAIR, terminal.INPUT_MISSING, "--noise-factor-hydrogen.*--equal-noise"),
        ([*EQUAL, *PULSES[:-2]], terminal.INPUT_MISSING, "--shape-metal"),
        ([*EQUAL, *PULSES[:2]], terminal.INPUT_MISSING, "--power-hydrogen"),
        ([*EQUAL, *PULSES[:-1], "sinc"], terminal.BAD_INPUT, "gaussian:1%"),
        ([*EQUAL, *PULSES[:-1], "gaussian:2"], terminal.BAD_INPUT, "between 0 and 1"),
        ([*EQUAL, *PULSES, "--cancels", "weather"], terminal.BAD_INPUT, "weather"),
        ([*EQUAL, "--cancels", "powers"], terminal.BAD_INPUT, "Did you mean power"),
        ([*EQUAL, *PRECURSOR[:2]], terminal.INPUT_MISSING, "--precursor-ratio"),
        ([*EQUAL, "--abundance", "57Fe"], terminal.BAD_INPUT, "abundance"),
        ([*EQUAL, "--abundance", "139La=95"], terminal.BAD_INPUT, "fraction of its element"),
        ([*EQUAL, "--scans-metal", "0"], terminal.BAD_INPUT, "count from 1"),
        ([*EQUAL, "--fwhm-metal", "8 kHz"], terminal.BAD_INPUT, "Give both"),
        ([*EQUAL, "--by", "area"], terminal.BAD_INPUT, "area"),
        ([*EQUAL[:3], "1H", *EQUAL[4:]], terminal.BAD_INPUT, "two are needed"),
        ([*EQUAL[:3], "1H,140La", *EQUAL[4:]], terminal.BAD_INPUT, "Did you mean"),
        ([*EQUAL[:-2], "0.10", "--equal-noise"], terminal.INPUT_MISSING, "standard error"),
        ([*EQUAL[:-2], "0.00(1)", "--equal-noise"], terminal.BAD_INPUT, "positive"),
    ],
)
def test_what_is_wrong_or_missing_is_said_in_one_line_with_the_option(words, code, said, capsys):
    found, out, err = outcome(capsys, *words)
    assert found == code, err
    assert out == ""
    assert err.count("\n") == 1
    assert re.search(said, err), err


def test_the_page_of_the_audit_tells_what_the_verb_says(capsys):
    _, out, _ = outcome(capsys, "audit", "lah10", "--json")
    page = PAGE.read_text()
    for one in json.loads(out)["findings"]:
        row = f"| {one['status']} | {one['arithmetic']} | {one['verdict']} |"
        assert row.replace("*", r"\*") in page, one["subject"]


def test_the_page_tells_how_strong_each_metal_is():
    page = PAGE.read_text()
    rows = re.findall(r"^\| [^|]+ \| 1H, (\w+) \| ([\d.e-]+) \|", page, flags=re.MULTILINE)
    enriched = {"FeH, 95 % 57Fe": 0.95, "H3S, 99 % 33S": 0.99}
    assert len(rows) >= 8
    lines = re.findall(r"^\| ([^|]+) \| 1H, ", page, flags=re.MULTILINE)
    for (name, told), line in zip(rows, lines, strict=True):
        share = enriched.get(line, nuclei.nucleus(name).abundance) / nuclei.nucleus(name).abundance
        expected = nuclei.relative_receptivity(nucleus=name) * share
        assert float(told) == pytest.approx(expected, rel=2e-2), line
