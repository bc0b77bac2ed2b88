"""Model functions: what they promise, their sums, backgrounds and bounds.

A model is separable: y(x) = sum over i of c_i basis_i(x; theta). The amplitudes c are linear and
are eliminated by the engines; only theta needs a start. Shapes live in `decays` (time domain),
`lineshapes` (frequency domain) and `curves` (relaxation); `discrete_spectra` carries a decay
exactly into its spectrum.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.polynomial import legendre
from numpy.typing import ArrayLike, NDArray

from megabar.errors import did_you_mean

Array = NDArray[Any]
Kernel = Callable[[Array, Array], tuple[Array, Array]]


@dataclass(frozen=True, kw_only=True)
class Model:
    r"""A separable model :math:`y(x) = \sum_i c_i \varphi_i(x; \theta)`.

    Parameters
    ----------
    name
        Name of the shape.
    parameters
        Names of theta, the nonlinear parameters.
    amplitudes
        Names of c, the linear ones.
    basis
        ``(x (n_x,), theta (..., p)) -> (..., n_c, n_x)``.
    basis_jacobian
        ``(x, theta (..., p)) -> (..., p, n_c - static, n_x)``, derivatives of the basis by theta.
    lower, upper
        Bounds of theta.
    complex_amplitudes
        Whether each amplitude is complex (a free phase); the data are then complex.
    basis_and_jacobian
        Both at once, for models in which they share work.
    static
        How many basis functions, at the end, do not depend on theta and have no derivatives.
    ascending
        Groups of interchangeable parameters, reported in rising order.
    noise_correlated
        Why equal, independent noise may not be assumed for data of this model; empty if it may.
    """

    name: str
    parameters: tuple[str, ...]
    amplitudes: tuple[str, ...]
    basis: Callable[[Array, Array], Array]
    basis_jacobian: Callable[[Array, Array], Array]
    lower: tuple[float, ...]
    upper: tuple[float, ...]
    complex_amplitudes: bool = False
    basis_and_jacobian: Kernel | None = None
    static: int = 0
    ascending: tuple[tuple[str, ...], ...] = ()
    noise_correlated: str = ""

    def __post_init__(self) -> None:
        sizes = {len(self.parameters), len(self.lower), len(self.upper)}
        if len(sizes) != 1:
            msg = (
                f"Found {len(self.parameters)} parameters with {len(self.lower)} lower and "
                f"{len(self.upper)} upper bounds in model {self.name!r}. Give one of each."
            )
            raise ValueError(msg)
        doubled = {name for name in self.names if self.names.count(name) > 1}
        if doubled:
            msg = (
                f"Found the name {sorted(doubled)[0]!r} twice in model {self.name!r}; results "
                "could not be told apart. Rename it, or label the parts of the sum."
            )
            raise ValueError(msg)

    @property
    def amplitude_names(self) -> tuple[str, ...]:
        """Names of the real linear unknowns: a complex ``c`` is ``c_real`` and ``c_imag``."""
        if not self.complex_amplitudes:
            return self.amplitudes
        return tuple(f"{name}_{part}" for name in self.amplitudes for part in ("real", "imag"))

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all real unknowns, theta first, in the order of ``Fit.values``."""
        return self.parameters + self.amplitude_names

    def both(self, x: Array, theta: Array) -> tuple[Array, Array]:
        """Evaluate basis (..., n_c, n_x) and Jacobian (..., p, n_c - static, n_x)."""
        if self.basis_and_jacobian is not None:
            return self.basis_and_jacobian(x, theta)
        return self.basis(x, theta), self.basis_jacobian(x, theta)

    def evaluate(self, x: ArrayLike, values: ArrayLike) -> Array:
        """Evaluate the model for all its unknowns.

        Parameters
        ----------
        x
            Abscissa (n_x,).
        values
            Unknowns (..., n) in the order of ``names``.

        Returns
        -------
        :
            Model (..., n_x).

        Examples
        --------
        >>> from megabar.fitting.curves import exponential_decay
        >>> float(exponential_decay().evaluate([2.0], [2.0, 10.0])[0])  # doctest: +ELLIPSIS
        3.678...
        """
        known = np.asarray(values, dtype=np.float64)
        count = len(self.parameters)
        c = known[..., count:]
        linear: Array = c[..., ::2] + 1j * c[..., 1::2] if self.complex_amplitudes else c
        basis = self.basis(np.asarray(x, dtype=np.float64), known[..., :count])
        result: Array = np.einsum("...c,...cx->...x", linear, basis)
        return result


def from_kernel(
    kernel: Kernel,
    *,
    name: str,
    parameters: tuple[str, ...],
    amplitudes: tuple[str, ...],
    lower: tuple[float, ...],
    upper: tuple[float, ...] | None = None,
    **more: Any,
) -> Model:
    """Make a model of one function that returns basis and Jacobian together.

    Parameters
    ----------
    kernel
        ``(x, theta) -> (basis, jacobian)``, shapes as in `Model`.
    name, parameters, amplitudes, lower, upper
        As in `Model`; no upper bounds means none.
    more
        Further fields of `Model`.

    Returns
    -------
    :
        The model.

    Examples
    --------
    >>> import numpy as np
    >>> def power(x, theta):
    ...     basis = x ** theta[..., :1]
    ...     return basis[..., None, :], (np.log(x) * basis)[..., None, None, :]
    >>> from_kernel(power, name="power", parameters=("exponent",), amplitudes=("scale",),
    ...             lower=(0.0,)).names
    ('exponent', 'scale')
    """
    return Model(
        name=name,
        parameters=parameters,
        amplitudes=amplitudes,
        basis=partial(_basis_of, kernel),
        basis_jacobian=partial(_jacobian_of, kernel),
        basis_and_jacobian=kernel,
        lower=lower,
        upper=(np.inf,) * len(parameters) if upper is None else upper,
        **more,
    )


def combine(
    *models: Model, background: int | None = None, labels: Sequence[str] | None = None
) -> Model:
    """Add models and a polynomial background.

    The names of a sum of several carry ``_1``, ``_2``... or the labels. The background is a sum of
    Legendre polynomials over the range of x, amplitudes ``background_0``... up to its order; the
    zeroth is a constant, and they stay well conditioned at any unit of x.

    Parameters
    ----------
    models
        At least one; all with complex amplitudes or none.
    background
        Order of the polynomial, None for no background.
    labels
        One suffix for each model instead of its number.

    Returns
    -------
    :
        The sum.

    Raises
    ------
    ValueError
        If there is nothing to add, if complex and real amplitudes meet, or labels do not fit.

    Examples
    --------
    >>> from megabar.fitting.lineshapes import line_lorentzian
    >>> combine(line_lorentzian(), background=0).names
    ('frequency', 'fwhm', 'area', 'background_0')
    >>> combine(line_lorentzian(), line_lorentzian(), labels=("narrow", "broad")).parameters
    ('frequency_narrow', 'fwhm_narrow', 'frequency_broad', 'fwhm_broad')
    """
    if not models:
        msg = "Found no model to combine. Give at least one."
        raise ValueError(msg)
    if len({model.complex_amplitudes for model in models}) > 1:
        msg = (
            "Found complex and real amplitudes in one sum; the phase would be known for one part "
            "only. Give the phase of all, or of none."
        )
        raise ValueError(msg)
    parts = _labelled(models, labels)
    if background is not None:
        parts += (_polynomial(background, complex_amplitudes=models[0].complex_amplitudes),)
    if len(parts) == 1:
        return parts[0]
    return from_kernel(
        partial(_sum_kernel, parts),
        name=" + ".join(part.name for part in parts),
        parameters=sum((part.parameters for part in parts), ()),
        amplitudes=sum((part.amplitudes for part in parts), ()),
        lower=sum((part.lower for part in parts), ()),
        upper=sum((part.upper for part in parts), ()),
        complex_amplitudes=models[0].complex_amplitudes,
        static=parts[-1].static,
        ascending=sum((part.ascending for part in parts), ()),
        noise_correlated=next((p.noise_correlated for p in parts if p.noise_correlated), ""),
    )


def index_of(model: Model, name: str) -> int:
    """Find an unknown of a model by its name.

    Raises
    ------
    ValueError
        If the model has no such unknown.

    Examples
    --------
    >>> from megabar.fitting.lineshapes import line_gaussian
    >>> index_of(line_gaussian(), "area")
    2
    """
    if name not in model.names:
        msg = f"Found {name!r}, which model {model.name!r} lacks. {did_you_mean(name, model.names)}"
        raise ValueError(msg)
    return model.names.index(name)


def _basis_of(kernel: Kernel, x: Array, theta: Array) -> Array:
    return kernel(x, theta)[0]


def _jacobian_of(kernel: Kernel, x: Array, theta: Array) -> Array:
    return kernel(x, theta)[1]


def _labelled(models: tuple[Model, ...], labels: Sequence[str] | None) -> tuple[Model, ...]:
    if labels is None:
        if len(models) == 1:
            return models
        labels = [str(number + 1) for number in range(len(models))]
    if len(labels) != len(models):
        msg = f"Found {len(labels)} labels for {len(models)} models. Give one for each."
        raise ValueError(msg)
    return tuple(
        _with_suffix(model, f"_{label}") for model, label in zip(models, labels, strict=True)
    )


def _with_suffix(model: Model, suffix: str) -> Model:
    return replace(
        model,
        parameters=tuple(name + suffix for name in model.parameters),
        amplitudes=tuple(name + suffix for name in model.amplitudes),
        ascending=tuple(tuple(name + suffix for name in group) for group in model.ascending),
    )


def _polynomial(order: int, *, complex_amplitudes: bool) -> Model:
    if order < 0:
        msg = f"Found background order {order}. It counts from 0, a constant; None leaves it out."
        raise ValueError(msg)
    return from_kernel(
        partial(_polynomial_kernel, order),
        name=f"polynomial of order {order}",
        parameters=(),
        amplitudes=tuple(f"background_{power}" for power in range(order + 1)),
        lower=(),
        complex_amplitudes=complex_amplitudes,
        static=order + 1,
    )


def _polynomial_kernel(order: int, x: Array, theta: Array) -> tuple[Array, Array]:
    low, high = np.min(x), np.max(x)
    span = (high - low) / 2 or 1.0
    basis = legendre.legvander((x - (low + high) / 2) / span, order).T
    shape = (*theta.shape[:-1], order + 1, x.size)
    return np.broadcast_to(basis, shape), np.zeros((*theta.shape[:-1], 0, 0, x.size))


def _sum_kernel(parts: tuple[Model, ...], x: Array, theta: Array) -> tuple[Array, Array]:
    bases: list[Array] = []
    slopes: list[Array] = []
    first = 0
    for part in parts:
        last = first + len(part.parameters)
        basis, jacobian = part.both(x, theta[..., first:last])
        bases.append(basis)
        slopes.append(jacobian)
        first = last
    basis = np.concatenate(bases, axis=-2)
    moving = basis.shape[-2] - parts[-1].static
    if slopes[0].shape[-2] == moving:
        return basis, slopes[0]
    jacobian = np.zeros((*theta.shape, moving, x.size), dtype=basis.dtype)
    row = column = 0
    for part, slope in zip(parts, slopes, strict=True):
        count, width = slope.shape[-3:-1]
        jacobian[..., row : row + count, column : column + width, :] = slope
        row, column = row + count, column + len(part.amplitudes)
    return basis, jacobian
