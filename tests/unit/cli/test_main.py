"""The entry point: quick help, one line for an error, an exit code that a script can use."""

import json
import subprocess
import sys

import pytest

from megabar.cli import main, terminal

HEAVY = (
    "numpy scipy xarray pint matplotlib pydantic nmrglue rich jinja2 h5py h5netcdf sqlite3 pandas"
).split()


def outcome(capsys, *words):
    """Exit code, standard output and standard error of one call."""
    code = main.main(list(words))
    captured = capsys.readouterr()
    return code, captured.out, captured.err


@pytest.mark.parametrize("words", [["--help"], ["--version"], ["shwo"], []])
def test_the_front_door_imports_nothing_heavy(words):
    code = (
        "import sys\n"
        "from megabar.cli.main import main\n"
        "try:\n"
        f"    main({words!r})\n"
        "except SystemExit:\n"
        "    pass\n"
        f"heavy = [name for name in {HEAVY!r} if name in sys.modules]\n"
        "assert not heavy, heavy\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_help_lists_every_verb_with_what_it_does(capsys):
    with pytest.raises(SystemExit, match="0"):
        main.main(["--help"])
    text = capsys.readouterr().out
    for name, verb in main.VERBS.items():
        assert f"  {name}" in text
        assert verb.summary in text


def test_the_version_is_that_of_the_package(capsys):
    from importlib.metadata import version

    with pytest.raises(SystemExit, match="0"):
        main.main(["--version"])
    assert capsys.readouterr().out == f"megabar {version('megabar')}\n"


@pytest.mark.parametrize("verb", sorted(main.VERBS))
def test_every_verb_explains_itself(verb, capsys):
    with pytest.raises(SystemExit, match="0"):
        main.main([verb, "--help"])
    text = capsys.readouterr().out
    assert "--json" in text
    assert "--traceback" in text


def test_a_misspelt_verb_gets_a_suggestion(capsys):
    code, out, err = outcome(capsys, "reprot", "x")
    assert code == terminal.BAD_INPUT
    assert out == ""
    assert err.count("\n") == 1
    assert "Did you mean report?" in err


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["run"], "PLAN"),
        (["report"], "STORE"),
        (["read"], "FILE"),
        (["read", "x"], "--out"),
        (["simulate", "x", "-o"], "--out"),
    ],
)
def test_a_missing_input_is_named_and_exits_with_10(words, named, capsys):
    code, _, err = outcome(capsys, *words)
    assert code == terminal.INPUT_MISSING
    assert named in err


def test_an_unknown_option_is_bad_input(capsys):
    code, _, err = outcome(capsys, "run", "plan", "--foo")
    assert code == terminal.BAD_INPUT
    assert "--foo" in err


def test_a_word_that_was_typed_cannot_pass_for_a_missing_input(capsys):
    code, _, _ = outcome(capsys, "run", "plan", "--workers", "expected one argument, required")
    assert code == terminal.BAD_INPUT


def test_an_error_is_one_line_and_the_traceback_is_asked_for(tmp_path, capsys):
    code, _, err = outcome(capsys, "show", str(tmp_path / "absent.tnt"))
    assert code == terminal.BAD_INPUT
    assert err.startswith("megabar: absent.tnt: path: it does not exist.")
    assert err.count("\n") == 1
    _, _, err = outcome(capsys, "show", str(tmp_path / "absent.tnt"), "-T")
    assert "Traceback" in err
    assert "UnreadableFile" in err


def test_an_error_in_json_is_one_object(tmp_path, capsys):
    code, out, _ = outcome(capsys, "show", str(tmp_path / "absent.tnt"), "--json")
    facts = json.loads(out)
    assert facts["schema"] == "megabar.error/1"
    assert facts["verb"] == "show"
    assert facts["kind"] == "UnreadableFile"
    assert facts["file"] == "absent.tnt"
    assert facts["exit_code"] == code == terminal.BAD_INPUT


def test_a_plan_that_does_not_exist_is_one_line(tmp_path, capsys):
    code, _, err = outcome(capsys, "run", str(tmp_path / "nothing.toml"))
    assert code == terminal.BAD_INPUT
    assert err.count("\n") == 1
    assert "nothing.toml" in err


def process(*code):
    return subprocess.run(
        [sys.executable, "-c", "\n".join(code)], capture_output=True, text=True, check=False
    )


def test_a_defect_is_our_fault_in_one_line_with_exit_code_1():
    done = process(
        "import sys",
        "from megabar.cli import main",
        "main._dispatch = lambda words: 1 / 0",
        "sys.argv = ['megabar', 'show', 'x']",
        "sys.exit(main.main())",
    )
    assert done.returncode == terminal.OUR_FAULT
    assert done.stderr.startswith("megabar: our fault: ZeroDivisionError")
    assert done.stderr.count("\n") == 1


def test_a_defect_shows_its_traceback_when_asked():
    done = process(
        "import sys",
        "from megabar.cli import main",
        "main._dispatch = lambda words: 1 / 0",
        "sys.argv = ['megabar', 'show', 'x', '-T']",
        "sys.exit(main.main())",
    )
    assert done.returncode == terminal.OUR_FAULT
    assert "Traceback" in done.stderr


def test_a_stop_from_the_keyboard_is_no_traceback():
    done = process(
        "import sys",
        "from megabar.cli import main",
        "def stopped(words): raise KeyboardInterrupt",
        "main._dispatch = stopped",
        "sys.exit(main.main(['run', 'x']))",
    )
    assert done.returncode == 130
    assert done.stderr.startswith("megabar: Stopped.")


def test_a_reader_that_leaves_early_is_no_error():
    code = "import sys; from megabar.cli.main import main; sys.exit(main(['check']))"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as child:
        child.stdout.close()  # as head does once it has its lines
        complaint = child.stderr.read()
    assert complaint == b""
    assert child.returncode == terminal.OK
