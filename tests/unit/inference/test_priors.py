from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from megabar.errors import PlanError, UnknownWord
from megabar.inference.prior_kernels import exceeded_with
from megabar.inference.priors import KINDS, PRIORS, Prior, read_priors

LAH10 = PRIORS["lah10"]


def _prior(kind: str, first: float, second: float, above: float = -np.inf) -> Prior:
    return Prior(kind=kind, first=first, second=second, unit="1", words="a number", above=above)


@pytest.mark.parametrize(
    ("prior", "law"),
    [
        (_prior("normal", 3.0, 0.7), stats.norm(3.0, 0.7)),
        (_prior("normal", 3.0, 0.7, above=2.5), stats.truncnorm(-0.5 / 0.7, np.inf, 3.0, 0.7)),
        (_prior("half-normal", 0.0, 0.05), stats.halfnorm(0.0, 0.05)),
        (_prior("log-normal", 1.3, 0.4), stats.lognorm(0.4, scale=1.3)),
        (_prior("uniform", -1.0, 4.0), stats.uniform(-1.0, 5.0)),
        (_prior("log-uniform", 0.05, 0.5), stats.loguniform(0.05, 0.5)),
    ],
)
def test_a_value_is_the_quantile_of_its_prior(prior: Prior, law: object) -> None:
    z = np.linspace(-6.0, 6.0, 121)
    expected = np.where(z < 0, law.ppf(stats.norm.cdf(z)), law.isf(stats.norm.sf(z)))  # type: ignore[attr-defined]
    np.testing.assert_allclose(prior.value_from_standard(z), expected, rtol=2e-9, atol=1e-12)


def test_a_cut_log_normal_prior_keeps_its_shape_above_the_cut() -> None:
    prior = LAH10["order"]
    values = prior.value_from_standard(np.random.default_rng(3).normal(size=40_000))
    law = stats.lognorm(prior.second, scale=prior.first)
    uniform = (law.cdf(values) - law.cdf(0.8)) / law.sf(0.8)
    assert values.min() > 0.8
    assert stats.kstest(uniform, "uniform").pvalue > 1e-3


@pytest.mark.parametrize("probability", [1e-300, 1e-12, 0.1, 0.5, 0.9, 1 - 1e-12])
def test_the_compiled_quantile_agrees_with_scipy(probability: float) -> None:
    assert exceeded_with(probability) == pytest.approx(
        stats.norm.isf(probability), rel=1e-9, abs=1e-12
    )


@pytest.mark.parametrize("name", sorted(LAH10))
def test_every_value_rises_with_its_standard_number(name: str) -> None:
    values = LAH10[name].value_from_standard(np.linspace(-5, 5, 101))
    assert np.all(np.isfinite(values))
    assert np.all(np.diff(values) > 0)


def test_the_half_time_of_first_order_is_the_rate_from_a_thousandth_to_one_a_day() -> None:
    rates = np.log(2) / LAH10["half_time"].value_from_standard(np.array([-40.0, 40.0]))
    np.testing.assert_allclose(rates, [1.0, 1e-3], rtol=1e-3)


_FREE = [
    name
    for name, prior in sorted(LAH10.items())
    if not np.isfinite(prior.above) and prior.kind not in ("half-normal", "uniform")
]


@pytest.mark.parametrize("name", _FREE)
def test_a_prior_without_a_limit_keeps_its_middle_when_widened(name: str) -> None:
    prior = LAH10[name]
    assert prior.widened(2.0).value_from_standard(0.0) == pytest.approx(
        prior.value_from_standard(0.0), abs=1e-12
    )
    narrow, wide = (np.ptp(p.value_from_standard([-1.0, 1.0])) for p in (prior, prior.widened(2.0)))
    assert wide > narrow


def test_only_normal_priors_are_integrated_in_closed_form() -> None:
    assert LAH10["shift_drift"].mean_and_std == (0.0, 150.0)
    with pytest.raises(ValueError, match="has to be normal without a cut"):
        _ = LAH10["size_spread"].mean_and_std
    with pytest.raises(ValueError, match="logarithm has to be normal"):
        _ = LAH10["shift_drift"].logarithm


@pytest.mark.parametrize(
    ("kind", "first", "second"),
    [("normal", 1.0, 0.0), ("log-normal", -1.0, 1.0), ("uniform", 2.0, 2.0),
     ("log-uniform", 0.0, 1.0), ("half-normal", 0.0, -1.0)],
)  # fmt: skip
def test_what_is_no_distribution_is_refused(kind: str, first: float, second: float) -> None:
    with pytest.raises(ValueError, match="which is no distribution"):
        _prior(kind, first, second)


def test_unknown_kinds_and_endless_numbers_are_refused() -> None:
    with pytest.raises(UnknownWord, match="kind of prior"):
        _prior("triangular", 0.0, 1.0)
    with pytest.raises(ValueError, match="two finite numbers"):
        _prior("normal", np.nan, 1.0)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_says_itself_in_words(kind: str) -> None:
    first = 0.0 if kind == "half-normal" else 1.0
    assert _prior(kind, first, 2.0).sentence.startswith(kind)


def test_a_file_changes_what_it_names_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "priors.toml"
    path.write_text('base = "lah10"\n[final_content]\nfirst = 2\nabove = 1\n', encoding="utf-8")
    found = read_priors(path)
    assert found["final_content"] == replace(LAH10["final_content"], first=2, above=1)
    assert {k: v for k, v in found.items() if k != "final_content"} == {
        k: v for k, v in LAH10.items() if k != "final_content"
    }


@pytest.mark.parametrize(
    ("text", "error", "match"),
    [
        ("[final_content]\nfirst = 2", PlanError, "no base"),
        ('base = "lah11"', UnknownWord, "set of priors"),
        ('base = "lah10"\n[final]\nfirst = 2', UnknownWord, "parameter"),
        ('base = "lah10"\nfinal_content = 3', PlanError, "which is no prior"),
        ('base = "lah10"\n[final_content]\nmean = 3', PlanError, "which is no prior"),
        ('base = "lah10"\n[final_content]\nfirst = "3"', PlanError, "are numbers"),
        ('base = "lah10"\n[final_content]\nkind = "uniform"', PlanError, "without its numbers"),
        ('base = "lah10"\n[final_content]\nsecond = -1', PlanError, "no distribution"),
        ("base = ", PlanError, "no TOML"),
    ],
)
def test_a_file_that_is_no_set_of_priors_says_why(
    tmp_path: Path, text: str, error: type[Exception], match: str
) -> None:
    path = tmp_path / "priors.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(error, match=match):
        read_priors(path)
