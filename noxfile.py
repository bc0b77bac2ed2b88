"""Tasks of the house: lint types imports unit slow explore verification docs bench.

They run in the environment that ``./test`` has made, so that nothing is installed twice.
"""

from pathlib import Path

import nox

nox.options.default_venv_backend = "none"
nox.options.sessions = ["lint", "types", "imports", "unit", "docs"]


@nox.session
def lint(session: nox.Session) -> None:
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("codespell", "src", "docs", "benchmarks", *map(str, Path().glob("*.md")))


@nox.session
def types(session: nox.Session) -> None:
    session.run("mypy")


@nox.session
def imports(session: nox.Session) -> None:
    session.run("lint-imports")


@nox.session
def unit(session: nox.Session) -> None:
    session.run("pytest", "src", "tests/unit", "tests/properties", *session.posargs)


@nox.session
def slow(session: nox.Session) -> None:
    session.run("pytest", "-m", "slow", *session.posargs)


@nox.session
def explore(session: nox.Session) -> None:
    """Look for examples that no property has met yet; what fails becomes an ``@example``."""
    session.run(
        "pytest", "tests/unit", "tests/properties", "--hypothesis-profile=explore", *session.posargs
    )


@nox.session
def verification(session: nox.Session) -> None:
    folders = ("verification", "crosscheck", "recovery", "validation")
    session.run("pytest", *(f"tests/{name}" for name in folders), *session.posargs)


@nox.session
def docs(session: nox.Session) -> None:
    session.run("sphinx-build", "-E", "-W", "-q", "-b", "html", "docs", "docs/_build/html")


@nox.session
def bench(session: nox.Session) -> None:
    for path in sorted(Path("benchmarks").glob("*.py")):
        session.run("python", str(path))
