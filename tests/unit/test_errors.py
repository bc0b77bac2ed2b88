"""An error says what was found, what it breaks, and what to do."""

import pytest

from megabar import errors


def test_did_you_mean_suggests_the_nearest_word():
    assert errors.did_you_mean("feild", ["field", "metal"]).startswith("Did you mean field?")


def test_did_you_mean_lists_all_words_when_none_is_near():
    assert errors.did_you_mean("zzz", ["field", "metal"]) == "Known: field, metal."


def test_one_of_names_what_the_word_decides():
    with pytest.raises(errors.UnknownWord, match=r"shape 'voight'.*Did you mean voigt"):
        errors.one_of("voight", ["gaussian", "voigt"], name="shape")


def test_an_open_question_lists_candidates_and_the_argument_that_decides():
    question = errors.AmbiguousArray(
        file="t1.tnt",
        field="delay tables",
        found="two tables have 5 entries.",
        argument="array",
        candidates=["de2", "de6"],
    )
    assert str(question) == (
        "t1.tnt: delay tables: two tables have 5 entries. "
        "Candidates: de2, de6. Decide with array=... or in the plan."
    )
    assert question.candidates == ("de2", "de6")


def test_truncated_data_carries_the_part_that_is_there():
    error = errors.TruncatedData(
        partial=[1, 2], file="fid", field="TD", found="half.", remedy="Copy it again."
    )
    assert error.partial == [1, 2]
    assert isinstance(error, errors.ReadError)


def test_a_failed_fit_carries_its_last_iterate():
    error = errors.FitFailed("The fit did not arrive.", last={"fwhm": 1e3}, reason="max steps")
    assert error.last == {"fwhm": 1e3}
