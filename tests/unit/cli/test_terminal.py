"""What is printed: one JSON object, tables, silence where nobody looks."""

import json

import numpy as np
import pytest

from megabar.cli import terminal


def printed(capsys, answer, *, as_json):
    terminal.print_answer(answer, as_json=as_json)
    return capsys.readouterr().out


def test_json_is_one_object_with_its_schema(capsys):
    answer = terminal.Answer(verb="show", facts={"path": "x"}, text=("never seen",))
    assert json.loads(printed(capsys, answer, as_json=True)) == {
        "schema": "megabar.show/1",
        "path": "x",
    }


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (float("nan"), None),
        (float("inf"), None),
        (np.float64(1.5), 1.5),
        (np.array([1.0, np.nan]), [1.0, None]),
        (np.int64(3), 3),
        ((1, "a"), [1, "a"]),
        ({1: {"b": np.float32(0.5)}}, {"1": {"b": 0.5}}),
        (np.bool_(True), True),
        (np.datetime64("2026-01-10T12:00:00"), "2026-01-10 12:00:00"),
    ],
)
def test_every_value_becomes_strict_json(value, plain, capsys):
    terminal.print_json({"value": value})
    assert json.loads(capsys.readouterr().out)["value"] == plain


def test_a_table_in_a_pipe_is_not_broken_to_80_columns(capsys):
    table = terminal.Table(
        title="raw files",
        columns=tuple(f"column {k}" for k in range(10)),
        rows=(tuple("a-word-of-12" for _ in range(10)),),
    )
    answer = terminal.Answer(verb="status", facts={}, text=(table,))
    lines = printed(capsys, answer, as_json=False).splitlines()
    assert any(line.count("a-word-of-12") == 10 for line in lines)


def test_words_in_brackets_are_text_and_no_markup(capsys):
    table = terminal.Table(title="[bold]t", columns=("[red]c",), rows=(("[[channel]] x",),))
    text = printed(capsys, terminal.Answer(verb="x", facts={}, text=(table,)), as_json=False)
    assert "[[channel]] x" in text
    assert "[red]c" in text


def test_progress_is_silent_without_a_terminal(capsys):
    with terminal.progress_bar(quiet=False) as advance:
        advance("1H_fid", 1, 2)
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "")


def test_an_error_of_several_lines_is_printed_as_one(capsys):
    terminal.print_error("first\n  second")
    assert capsys.readouterr().err == "megabar: first second\n"


def test_a_line_is_folded_under_its_own_words(capsys):
    answer = terminal.Answer(verb="show", facts={}, text=(terminal.Line("data", "word " * 60),))
    terminal.print_answer(answer, as_json=False)
    first, *others = capsys.readouterr().out.splitlines()
    assert first.startswith("data         word")
    assert others
    for line in (first, *others):
        assert len(line) <= 120
    for line in others:
        assert line.startswith(" " * 13 + "word")
