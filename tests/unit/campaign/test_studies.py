from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from megabar.campaign import study_numbers
from megabar.campaign.schedulers import run_units
from megabar.campaign.studies import HANDFUL, WITNESSED, judged, ranked, rivals, simulated, unit
from megabar.inference.hypotheses import FAMILIES
from megabar.inference.priors import Prior
from megabar.inference.units_of_work import UnitResult

SMALL = replace(HANDFUL, cells=2, points=8)
LOUD = Prior(kind="log-normal", first=3.0, second=0.01, unit="1", words="scatter over claim")


def small(seed: int, *, truth: str = "first", asked: str | None = None, **more) -> dict:
    return unit(
        design=more.pop("design", SMALL),
        truth=truth,
        asked=asked or truth,
        campaign=seed,
        error=0.1,
        **more,
    )


def test_a_unit_gives_the_same_bits_each_time():
    assert ranked(small(1)) == ranked(small(1))


def test_all_judges_of_a_campaign_see_the_same_weeks():
    *_, one = simulated(small(4, asked="stable"))
    *_, other = simulated(small(4, asked="layer+gain"))
    for mine, yours in zip(one.cells, other.cells, strict=True):
        np.testing.assert_array_equal(mine.h_per_metal, yours.h_per_metal)


def test_campaigns_and_truths_have_numbers_of_their_own():
    drawn = [simulated(one)[2].cells[0].h_per_metal[0] for one in (small(1), small(2))]
    drawn.append(simulated(small(1, truth="stable"))[2].cells[0].h_per_metal[0])
    assert len(set(drawn)) == 3


def test_a_design_asks_for_its_cells_days_and_witnesses():
    weeks = WITNESSED.weeks()
    assert len(weeks.cells) == 4
    assert all(one.elapsed.size == 20 and one.elapsed[-1] == 65.0 for one in weeks.cells)
    assert set(weeks.cells[0].witnesses) == {"shift", "width", "t1"}
    assert len(rivals(WITNESSED)) == 90


def test_a_unit_travels_through_the_files_of_a_study(tmp_path: Path):
    units = [small(seed, truth="stable") for seed in range(2)]
    for scheduler in ("serial", "process"):
        run_units(units, ranked, folder=tmp_path / scheduler, scheduler=scheduler)
    names = sorted(path.name for path in (tmp_path / "serial").glob("*.json"))
    assert len(names) == 2
    for name in names:
        serial = (tmp_path / "serial" / name).read_bytes()
        assert (tmp_path / "process" / name).read_bytes() == serial


def test_a_truth_ranks_uniformly_in_its_own_posterior():
    """A small version of benchmarks/verdict_calibration.py; stricter there."""
    found: dict[str, list[float]] = {}
    for seed in range(120):
        for name, share in ranked(small(seed, truth="stable"))["ranks"].items():
            found.setdefault(name, []).append(share)
    assert {"content at the end", "content at twice the time"} < set(found)
    for shares in found.values():
        one = study_numbers.ranks_of(shares)
        assert one.kolmogorov_p > 1e-4
        assert abs(one.covered_68 - 0.68) < 4 * np.sqrt(0.68 * 0.32 / 120)
        assert abs(one.covered_95 - 0.95) < 4 * np.sqrt(0.95 * 0.05 / 120)


def test_a_judge_that_believes_errors_three_times_too_small_is_found_out():
    shares = [
        ranked(small(seed, truth="stable", changed={"noise_excess": LOUD}))["ranks"]
        for seed in range(60)
    ]
    scatter = study_numbers.ranks_of([one["noise_excess"] for one in shares])
    assert scatter.chi_squared_p < 1e-6
    assert scatter.covered_95 < 0.8


@pytest.mark.slow
def test_a_gain_that_drifts_is_no_loss_without_a_witness():
    """Each of the single stories judges; none of the campaigns gives a loss more than one half."""
    judges = [one for one in rivals(SMALL) if "+" not in one or one.startswith("stable")]
    losses = []
    for seed in range(20):
        results = [
            UnitResult.from_json(judged(small(seed, truth="stable+gain", asked=one)))
            for one in judges
        ]
        losses.append(study_numbers.taken(results).loss)
    assert np.mean(np.array(losses) > 0.5) <= 0.25
    assert max(losses) < 0.95


def result(name: str, family: str, log_evidence: float) -> UnitResult:
    return UnitResult(
        hypothesis=name, family=family, mechanism=name.partition("+")[0],
        artefact=name.partition("+")[2] or None, seed=1, log_evidence=log_evidence,
        log_evidence_std=0.0, laplace=log_evidence, effective_fraction=1.0, refused=False,
        method="importance sampling", dimension=1, quantiles={}, sample=(),
    )  # fmt: skip


def test_a_campaign_is_taken_for_the_family_of_the_greatest_weight():
    rows = [result("stable", "stable", 0.0), result("first", "surface or interface", 5.0)]
    taken = study_numbers.taken(rows)
    assert taken.family == "surface or interface"
    assert taken.loss == pytest.approx(1 / (1 + np.exp(-5)))
    assert taken.called == "loss"
    assert study_numbers.taken([rows[0], replace(rows[1], log_evidence=0.0)]).called == "undecided"
    assert study_numbers.taken([rows[0], replace(rows[1], log_evidence=-9.0)]).called == "no loss"


def test_the_shares_of_a_truth_add_up_to_one():
    rows = [result("stable", "stable", 0.0), result("first", "surface or interface", 5.0)]
    taken = study_numbers.taken(rows)
    shares = study_numbers.confusion({"first": [taken, taken], "stable": [taken]})
    assert shares.shape == (2, len(FAMILIES))
    np.testing.assert_allclose(shares.sum(axis=1), 1.0)
    assert shares[0, FAMILIES.index("surface or interface")] == 1.0


def test_uniform_ranks_pass_and_crowded_ones_do_not():
    uniform = np.random.default_rng(1).random(500)
    passed = study_numbers.ranks_of(uniform)
    assert min(passed.chi_squared_p, passed.kolmogorov_p) > 0.01
    crowded = study_numbers.ranks_of(0.5 + (uniform - 0.5) * 0.8)  # intervals too wide
    assert crowded.chi_squared_p < 1e-6
    assert crowded.covered_95 == 1.0


def test_the_band_of_ranks_is_that_of_kolmogorov():
    """For many campaigns 1.3581 / sqrt(n) at 95 %."""
    band = study_numbers.band_of_cumulated_ranks(100_000, probability=0.95)
    assert band * np.sqrt(100_000) == pytest.approx(1.3581, abs=2e-3)
