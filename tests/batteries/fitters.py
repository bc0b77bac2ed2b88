"""What every model and every fitter must pass."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from megabar.fitting import Fit, Model, fit, fit_series, fit_shared

Array = NDArray[Any]


def check_model(model: Model, theta: Mapping[str, float], x: Array) -> None:
    """Shapes, leading axes, and the Jacobian against differences of fourth order."""
    centre = np.array([theta[name] for name in model.parameters])
    basis, jacobian = model.both(x, centre)
    assert basis.shape == (len(model.amplitudes), x.size)
    assert jacobian.shape == (centre.size, len(model.amplitudes) - model.static, x.size)
    np.testing.assert_array_equal(model.basis(x, centre), basis)
    np.testing.assert_array_equal(model.basis_jacobian(x, centre), jacobian)

    stack = centre * np.array([1.0, 0.9, 1.1, 1.05, 0.95, 1.2]).reshape(2, 3, 1)
    bases, jacobians = model.both(x, stack)
    for place in np.ndindex(2, 3):
        alone = model.both(x, stack[place])
        np.testing.assert_allclose(bases[place], alone[0], rtol=1e-12, atol=1e-15)
        np.testing.assert_allclose(jacobians[place], alone[1], rtol=1e-12, atol=1e-15)

    moving = len(model.amplitudes) - model.static
    for k in range(centre.size):
        step = np.zeros_like(centre)
        step[k] = 1e-3 * abs(centre[k])
        one, two = (
            (model.basis(x, centre + n * step) - model.basis(x, centre - n * step)) / (2 * n)
            for n in (1, 2)
        )
        slope = (4 * one - two) / 3 / step[k]
        size = np.abs(slope).max() or 1.0
        np.testing.assert_allclose(jacobian[k], slope[:moving], rtol=0, atol=1e-7 * size)
        assert np.all(slope[moving:] == 0)


def check_fitter(
    model: Model,
    truth: Mapping[str, float],
    x: Array,
    noise: float | Array,
    *,
    n: int,
    seed: int,
    fitter: str = "series",
    scales: Mapping[str, float] | None = None,
    **how: Any,
) -> Array:
    """Pulls of every unknown have mean 0 and width 1, from starts that are off by up to 20 %.

    `scales` says of which size 20 % are meant where the value itself says nothing, as for a
    frequency. Returns the pulls (n, n_names).

    Three sigma of each of some 300 statistics: a fresh set of seeds has one outside about every
    second time. Judge such a one with a larger n, never with a wider tolerance.
    """
    generator = np.random.default_rng(seed)
    values = np.array([truth[name] for name in model.names])
    clean = model.evaluate(x, values)
    data = clean + _noise(generator, (n, x.size), noise, complex_data=np.iscomplexobj(clean))
    how["noise_std"] = noise
    return check_pulls(model, truth, x, data, seed=seed, fitter=fitter, scales=scales, **how)


def check_fitters_agree(
    model: Model,
    truth: Mapping[str, float],
    x: Array,
    noise: float,
    *,
    n: int,
    seed: int,
    scales: Mapping[str, float] | None = None,
) -> None:
    """Both engines, from different starts, meet within a thousandth of the error they agree on."""
    generator = np.random.default_rng(seed)
    clean = model.evaluate(x, [truth[name] for name in model.names])
    data = clean + _noise(generator, (n, x.size), noise, complex_data=np.iscomplexobj(clean))
    one = _fits(model, x, data, _starts(model, truth, scales, n, seed), "series", noise)
    other = _fits(model, x, data, _starts(model, truth, scales, n, seed + 1), "single", noise)
    for row, alone in zip(one, other, strict=True):
        assert row.success
        assert alone.success
        assert np.all(np.abs(row.values - alone.values) < 1e-3 * alone.std)
        np.testing.assert_allclose(row.std, alone.std, rtol=1e-3)
        np.testing.assert_allclose(row.chi2, alone.chi2, rtol=1e-6)


def check_pulls(
    model: Model,
    truth: Mapping[str, float],
    x: Array,
    data: Array,
    *,
    seed: int,
    fitter: str = "series",
    scales: Mapping[str, float] | None = None,
    **how: Any,
) -> Array:
    """Pulls of fits to rows of data that are given."""
    values = np.array([truth[name] for name in model.names])
    start = _starts(model, truth, scales, len(data), seed)
    fits = _fits(model, x, data, start, fitter, **how)
    assert all(result.success for result in fits)
    free = fits[0].std > 0
    pulls = np.array([(result.values - values)[free] / result.std[free] for result in fits])
    assert_standard_normal(pulls, names=[n for n, f in zip(model.names, free, strict=True) if f])
    freedom = fits[0].degrees_of_freedom
    mean_chi2 = np.mean([result.chi2 for result in fits])
    assert abs(mean_chi2 - freedom) < 4 * np.sqrt(2 * freedom / len(fits))
    return pulls


def assert_standard_normal(pulls: Array, *, names: list[str]) -> None:
    n = len(pulls)
    means, widths = pulls.mean(axis=0), pulls.std(axis=0, ddof=1)
    for name, mean, width in zip(names, means, widths, strict=True):
        assert abs(mean) < 3 / np.sqrt(n), f"{name}: mean pull {mean:.3f} of {n}"
        assert abs(width - 1) < 3 / np.sqrt(2 * n), f"{name}: width of pulls {width:.3f} of {n}"


def check_shared_fitter(
    model: Model,
    truth: Mapping[str, Any],
    x: Array,
    noise: float,
    *,
    shared: list[str],
    n: int,
    seed: int,
    scales: Mapping[str, float] | None = None,
) -> None:
    """Pulls of n series with shared parameters; lists in `truth` run along the rows."""
    generator = np.random.default_rng(seed)
    columns = np.broadcast_arrays(*[np.asarray(truth[name], float) for name in model.names])
    values = np.stack(columns, axis=-1)
    clean = model.evaluate(x, values)
    sizes = {name: np.max(np.abs(truth[name])) for name in model.parameters} | dict(scales or {})
    single, total, everything = [], [], []
    for _ in range(n):
        off = {
            name: sizes[name] * generator.uniform(-0.2, 0.2, 1 if name in shared else len(values))
            for name in model.parameters
        }
        result = fit_shared(
            model,
            x,
            clean + _noise(generator, clean.shape, noise, complex_data=np.iscomplexobj(clean)),
            start={name: truth[name] + off[name] for name in model.parameters},
            shared=shared,
            noise_std=noise,
        )
        assert result.success
        row = result.rows[0]
        single.append((row.values - values[0]) / row.std)
        sums = []
        for k, name in enumerate(model.names):
            if name in shared:
                continue
            got, _ = result[name]
            error = np.sqrt(np.sum(result.covariance_along(name)))
            sums.append((got.sum() - values[:, k].sum()) / error)
        total.append(sums)
        everything.append(result.chi2)
    assert_standard_normal(np.array(single), names=list(model.names))
    own = [f"sum of {name}" for name in model.names if name not in shared]
    assert_standard_normal(np.array(total), names=own)
    freedom = result.degrees_of_freedom
    assert abs(np.mean(everything) - freedom) < 4 * np.sqrt(2 * freedom / n)


def _starts(
    model: Model,
    truth: Mapping[str, float],
    scales: Mapping[str, float] | None,
    n: int,
    seed: int,
) -> dict[str, Array]:
    generator = np.random.default_rng([seed, 1])
    sizes = {name: abs(truth[name]) for name in model.parameters} | dict(scales or {})
    return {
        name: truth[name] + sizes[name] * generator.uniform(-0.2, 0.2, n)
        for name in model.parameters
    }


def _fits(
    model: Model,
    x: Array,
    data: Array,
    start: dict[str, Array],
    fitter: str,
    noise_std: float | Array | None,
    **how: Any,
) -> list[Fit]:
    how["noise_std"] = noise_std
    if fitter == "series":
        return list(fit_series(model, x, data, start=start, **how))
    rows = [{name: value[k] for name, value in start.items()} for k in range(len(data))]
    return [fit(model, x, row, start=first, **how) for row, first in zip(data, rows, strict=True)]


def _noise(
    generator: np.random.Generator,
    shape: tuple[int, ...],
    level: float | Array,
    *,
    complex_data: bool,
) -> Array:
    noise = level * generator.normal(size=shape)
    return noise + 1j * level * generator.normal(size=shape) if complex_data else noise
