"""No frequency and no shift rests on the gyromagnetic ratio of a bare nucleus.

For 139La it lies 0.78 % above the resonance, several times any shift of a hydride. It belongs where
nuclear moments meet each other or the electrons, and there only. Who uses it stands here, with the
reason.
"""

import ast
import re
from collections.abc import Iterator
from functools import cache
from math import floor, log10, pi
from pathlib import Path

import pytest

from megabar.matter import nuclei
from megabar.observables.measured_times import larmor_frequency_from_field
from megabar.spectra.reference import shift_from_frequency

SOURCE = Path(__file__).parents[2] / "src" / "megabar"
BARE = "gyromagnetic_ratio_bare"
COUPLING = "dipole couplings: two nuclear moments meet"
KORRINGA = "Korringa: the moment turns in the hyperfine field; the shielding is in K"
AUDIT = "compares what was printed with the table"
REASONS = {
    "matter/nuclei.py": "the table itself",
    "spins/crystal_moments.py": COUPLING,
    "spins/rigid_lines.py": COUPLING,
    "cli/nature.py": COUPLING,
    "observables/trajectory_rates.py": COUPLING,
    "observables/motion_models.py": COUPLING,
    "observables/dipolar_floor.py": COUPLING,
    "observables/mobility.py": "Eq. (1) of a publication as it stands, dipole couplings",
    "observables/mobility_sentences.py": "ratio of dipole couplings of 1H and 2H",
    "observables/mobility_suggestions.py": "phase in a gradient, good to 30 ppm",
    "observables/knight_shift.py": KORRINGA,
    "observables/diffusivity_audit.py": f"{AUDIT}; {COUPLING}; {KORRINGA}",
    "observables/published_audit.py": f"{AUDIT}; {COUPLING}; {KORRINGA}",
    "observables/audit_remains.py": f"{AUDIT}; {COUPLING}",
}
"""Module -> what it needs the bare ratio for."""

MAKES_A_FREQUENCY = re.compile(
    r"(bare|gamma|ratio)\w* \* (\w*field|tesla|b0)|(\w*field|tesla|b0) \* (\w+\.)*(\w*bare|gamma)\b"
    r"|bare\w* [*/][^,\n]*2 \* (np\.|math\.)?pi"
)


@cache
def trees() -> dict[str, ast.Module]:
    """Each module of the source, parsed."""
    return {
        path.relative_to(SOURCE).as_posix(): ast.parse(path.read_text())
        for path in SOURCE.rglob("*.py")
    }


def users() -> Iterator[tuple[str, str]]:
    """Each module that reads the bare ratio, and each of its functions that does."""
    for module, tree in trees().items():
        if BARE in (SOURCE / module).read_text():
            for node in ast.walk(tree):
                if isinstance(node, ast.FunctionDef) and reads(node):
                    yield module, without_docstring(node)


def reads(node: ast.AST) -> bool:
    names = (n.attr for n in ast.walk(node) if isinstance(n, ast.Attribute))
    return BARE in names


def without_docstring(node: ast.FunctionDef) -> str:
    body = node.body[1:] if ast.get_docstring(node) else node.body
    return "\n".join(ast.unparse(statement) for statement in body)


def test_who_uses_the_bare_ratio_has_a_reason():
    strangers = {module for module, _ in users()} - set(REASONS)
    assert not strangers, "say in REASONS why no resonance frequency comes of it, or use Xi"


def test_no_reason_outlives_its_use():
    silent = {module for module in REASONS if BARE not in (SOURCE / module).read_text()}
    assert not silent


def test_no_function_with_the_bare_ratio_makes_a_frequency_of_it():
    found = {
        f"{module}: {match.group()}"
        for module, text in users()
        for match in MAKES_A_FREQUENCY.finditer(text)
    }
    assert not found


@pytest.mark.parametrize(
    "line",
    [
        "row.gyromagnetic_ratio_bare * field / (2 * pi)",
        "tesla * nucleus.gyromagnetic_ratio_bare",
        "gamma * field",
        "gyromagnetic_ratio_bare / (2 * np.pi)",
    ],
)
def test_the_search_sees_a_frequency_that_is_made_of_it(line):
    assert MAKES_A_FREQUENCY.search(line)


PRINTED = {("matter/nuclei.py", 42.57618e6), ("observables/audit_inputs.py", 26.752e7)}
"""The slope of TMS in its own module, and the ratio that a publication prints."""


def test_no_gyromagnetic_ratio_is_written_out_as_a_number_elsewhere():
    found = {
        (module, node.value)
        for module, tree in trees().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, float)
        if is_a_ratio(node.value)
    }
    assert found == PRINTED


def is_a_ratio(value: float) -> bool:
    """Whether a number is that of 1H or 139La, bare or not, in rad or Hz, in any power of ten."""
    known = (2.6752, 4.2577, 4.2576, 3.8083, 6.0611, 6.0142)
    mantissa = value / 10 ** floor(log10(value)) if value > 1e3 else 0.0
    return any(abs(mantissa / one - 1) < 5e-5 for one in known)


def test_a_field_gives_the_frequency_of_tms_and_not_that_of_bare_protons():
    found = larmor_frequency_from_field(field=9.28)
    assert found == pytest.approx(395.107e6, rel=1e-6)
    bare = nuclei.nucleus("1H").gyromagnetic_ratio_bare * 9.28 / (2 * pi)
    assert 1e6 * (bare / found - 1) == pytest.approx(30, abs=3)


def test_the_width_of_139la_in_hz_per_mhz():
    at = 55.95e6
    assert shift_from_frequency(frequency=at + 38e3, reference_frequency=at) == pytest.approx(
        679, rel=1e-3
    )
