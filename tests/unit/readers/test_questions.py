"""A reader asks, with candidates, instead of guessing."""

import pytest

from megabar.errors import AmbiguousArray, AmbiguousNucleus, MissingArray, UnknownWord
from megabar.readers.decisions import decide
from megabar.readers.questions import Table, chosen_nucleus, chosen_table, nucleus_name

DELAYS = Table(name="de6", values=(0.1, 0.2, 0.3), coordinate="delay", origin="table")
LOCKS = Table(name="de3", values=(1e-3, 2e-3, 3e-3), coordinate="pulse_length", origin="table")


def choose(tables=(), rows=3, stated=None, **answers):
    return chosen_table(
        file="made.bin", rows=rows, tables=tables, decisions=decide(**answers), stated=stated
    )


def test_one_row_needs_no_values():
    assert choose(rows=1) is None


def test_the_table_that_the_file_names_is_taken():
    assert choose((DELAYS, LOCKS), stated="de3") == LOCKS


def test_the_caller_overrules_the_file_and_that_is_written_down():
    table = choose((DELAYS, LOCKS), stated="de3", array="de6", array_as="echo_time")
    assert (table.name, table.coordinate) == ("de6", "echo_time")
    assert table.origin == "table; chosen by the caller"


def test_tables_without_a_statement_are_candidates_the_fitting_first():
    short = Table(name="de1", values=(1.0, 2.0), coordinate="delay", origin="table")
    with pytest.raises(AmbiguousArray, match="2 tables have that length") as caught:
        choose((short, DELAYS, LOCKS))
    assert [c.split(" ")[0] for c in caught.value.candidates[:3]] == ["de6", "de3", "de1"]
    assert caught.value.argument == "array"


def test_without_tables_the_array_is_missing():
    with pytest.raises(MissingArray, match="no table of values"):
        choose()


def nucleus(stated, frequency=100.6e6, protons=(), **answers):
    return chosen_nucleus(
        file="made.bin",
        stated=stated,
        frequency=frequency,
        proton_frequencies=protons,
        decisions=decide(**answers),
    )


def test_a_stated_nucleus_that_agrees_with_the_magnet_is_believed():
    assert nucleus("C13", 100.6e6, (400.1e6,)) == "13C"
    assert nucleus("139La", 55.8e6) == "139La"


def test_a_stated_nucleus_that_contradicts_the_magnet_is_asked_for():
    with pytest.raises(AmbiguousNucleus, match=r"Candidates: 13C \(at 9\.4 T\)"):
        nucleus("15N", 100.6e6, (400.1e6,))


def test_a_shift_of_a_fraction_of_a_per_cent_is_no_contradiction():
    # A Knight shift of copper: 0.24 %.
    assert nucleus("63Cu", 0.26515473 * 400e6 * 1.0024, (400e6,)) == "63Cu"


def test_a_misspelt_nucleus_is_refused_with_the_nearest():
    with pytest.raises(UnknownWord, match="139La"):
        nucleus(None, nucleus="139LA")


def test_nuclei_that_no_magnet_could_show_are_no_candidates():
    with pytest.raises(AmbiguousNucleus, match="19F") as caught:
        nucleus(None, 500e6)
    assert not any(candidate.startswith("139La") for candidate in caught.value.candidates)


@pytest.mark.parametrize(
    ("word", "name"),
    [
        ("<1H>", "1H"), ("H1", "1H"), ("^13C", "13C"), ("Proton", "1H"), ("Carbon13", "13C"),
        ("Fluorine19", "19F"), ("La139", "139La"), ("<NONE>", None), ("off", None), ("", None),
        ("Undefined", None),
    ],
)  # fmt: skip
def test_names_of_nuclei_are_read_as_instruments_write_them(word, name):
    assert nucleus_name(word) == name
