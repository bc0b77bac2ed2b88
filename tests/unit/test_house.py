"""What the import contracts cannot see."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "megabar"
HEAVY = {
    "numpy", "scipy", "xarray", "pint", "matplotlib", "numba", "pydantic", "nmrglue", "lmfit",
    "dask", "starlette", "jinja2", "h5py", "h5netcdf", "rich", "pandas",
}  # fmt: skip


def imported_after(code: str) -> set[str]:
    script = f"import sys\n{code}\nprint(' '.join(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    return {name.partition(".")[0] for name in done.stdout.splitlines()[-1].split()}


def test_importing_megabar_imports_no_third_party_package():
    assert not imported_after("import megabar") & HEAVY


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_the_help_of_the_command_line_imports_nothing_heavy(option):
    code = f"""
import contextlib, io
from megabar.cli.main import main
with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):
    main([{option!r}])
"""
    assert not imported_after(code) & HEAVY


def test_reading_a_name_that_megabar_lacks_lists_those_it_has():
    import megabar

    with pytest.raises(AttributeError, match="Campaign"):
        megabar.campain  # noqa: B018


DISK = r"\.to_netcdf|open_dataset|load_dataset|\.to_zarr"
BORROWED = r"\.to_dataframe|(?<!ax)(?<!above)(?<!below)\.plot\b"  # those three are matplotlib axes


@pytest.mark.parametrize(("pattern", "owners"), [(DISK, ("readers",)), (BORROWED, ())])
def test_no_method_of_a_dataset_reaches_where_the_import_contracts_forbid(pattern, owners):
    found = [
        f"{path.relative_to(ROOT)}: {match.group()}"
        for path in SOURCE.rglob("*.py")
        if path.parent.name not in owners
        for match in re.finditer(pattern, path.read_text())
    ]
    assert not found


def test_nothing_reaches_for_the_network_or_the_environment():
    words = {"socket", "urllib", "requests", "http", "ftplib", "smtplib"}
    found = []
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            found += [f"{path.name}: {n}" for n in names if n.partition(".")[0] in words]
    assert not found


def test_every_module_of_the_house_says_what_it_is():
    silent = [
        p.name for p in SOURCE.rglob("*.py") if not ast.get_docstring(ast.parse(p.read_text()))
    ]
    assert not silent
