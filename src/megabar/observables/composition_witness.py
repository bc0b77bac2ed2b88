"""A content from a shift, by somebody's own calibration: a witness that no amplitude can bend.

The ratio of two amplitudes hangs on coils, pulses and echoes; a shift does not. Where a laboratory
knows which shift belongs to which content, each line tells a content of its own. Errors of the zero
and of the anchors are common to a series; those of the session are not.

Twin: :mod:`megabar.observables.hydrogen_content`; both meet in
:mod:`megabar.observables.content_agreement`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from megabar.errors import one_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import ArrayLike, NDArray

CURVES: Final = ("linear", "pchip")
"""What may lie between two anchors: a straight line, or a monotone cubic."""

_ONE_SIDED: Final = 1.645  # standard errors of a one-sided bound of 95 %


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """Which content belongs to which shift, by anchors.

    Parameters
    ----------
    nucleus
        Nucleus of the line.
    shift, shift_std
        Shifts of the anchors, rising or falling throughout, and their errors (m,) [Hz/MHz].
    h_per_metal, h_per_metal_std
        Their contents, rising, and the errors (m,).
    between
        ``"linear"`` or ``"pchip"``.
    source
        Where it comes from.
    """

    nucleus: str
    shift: Sequence[float]
    shift_std: Sequence[float]
    h_per_metal: Sequence[float]
    h_per_metal_std: Sequence[float]
    between: str
    source: str

    def __post_init__(self) -> None:
        one_of(self.between, CURVES, name="curve between anchors")
        columns = (self.shift, self.shift_std, self.h_per_metal, self.h_per_metal_std)
        sizes = {len(column) for column in columns}
        if len(sizes) != 1 or len(self.shift) < 2:
            msg = f"Found columns of {sorted(sizes)} entries; two anchors or more, all complete."
            raise ValueError(msg)
        if any(not std >= 0 for std in (*self.shift_std, *self.h_per_metal_std)):
            msg = "Found an anchor with a negative error; a calibration needs errors of 0 or more."
            raise ValueError(msg)
        for name, values, errors in (
            ("shift", self.shift, self.shift_std),
            ("h_per_metal", self.h_per_metal, self.h_per_metal_std),
        ):
            steps = [b - a for a, b in pairwise(values)]
            if not (all(s > 0 for s in steps) or (name == "shift" and all(s < 0 for s in steps))):
                msg = (
                    f"Found anchors whose {name} is {list(values)}; contents rise, shifts rise or "
                    "fall throughout. Order them, and leave out those that turn back."
                )
                raise ValueError(msg)
            for step, (a, b) in zip(steps, pairwise(errors), strict=True):
                if abs(step) <= 2 * float(np.hypot(a, b)):
                    msg = (
                        f"Found anchors whose {name} differs by {abs(step):g}, within twice their "
                        "errors; no content can be read between them. Leave one out."
                    )
                    raise ValueError(msg)


@dataclass(frozen=True, kw_only=True)
class WitnessedContents:
    """Contents that shifts tell, in the order of the shifts.

    Parameters
    ----------
    nucleus
        Nucleus of the line.
    shift, shift_std
        What they were read from, and the error of each session alone (n,) [Hz/MHz].
    content
        H per metal (n,); a bound where ``quality`` says so, nan where it is not determined.
    quality
        ``"value"``, ``"upper bound"``, ``"lower bound"`` (95 %) or ``"not determined"``.
    independent_std, common_std
        Error of the session, and that of zero and anchors (n,); nan for bounds.
    continued
        Contents with the ends of the calibration drawn on in a straight line (n,). Only for
        comparing series: a point that noise put beyond the last anchor must not be left out, or
        the rest is biased.
    continued_std
        Their errors of the session alone (n,).
    comparable
        Whether a point lies inside the anchors within its error (n,).
    covariance
        Of ``continued``: zero and anchors included (n, n).
    words
        One sentence for each point that is no value.
    """

    nucleus: str
    shift: NDArray[np.float64]
    shift_std: NDArray[np.float64]
    content: NDArray[np.float64]
    quality: tuple[str, ...]
    independent_std: NDArray[np.float64]
    common_std: NDArray[np.float64]
    continued: NDArray[np.float64]
    continued_std: NDArray[np.float64]
    comparable: NDArray[np.bool_]
    covariance: NDArray[np.float64]
    words: tuple[str, ...] = field(default=())


def content_from_shift(
    *,
    calibration: Calibration,
    shift: ArrayLike,
    independent_std: ArrayLike,
    common_std: ArrayLike,
) -> WitnessedContents:
    r"""Read a content from each shift.

    .. math:: C = \operatorname{diag}(x'^2 \sigma_\text{own}^2) + (x' \sigma_\text{zero})
        (x' \sigma_\text{zero})^\mathsf{T} + \sum_j a_j a_j^\mathsf{T}

    with the slope :math:`x'` of the calibration over one error, and :math:`a_j` the move of all
    contents when anchor j moves by its error. Nothing is extrapolated: a shift beyond the last
    anchor gives a bound if its error reaches back inside, and nothing otherwise.

    Parameters
    ----------
    calibration
        Which content belongs to which shift.
    shift
        (n,) [Hz/MHz].
    independent_std, common_std
        Error of each session alone, and of the zero that all share (n,) [Hz/MHz].

    Returns
    -------
    :
        Contents with both parts of their errors, and their covariance.

    Raises
    ------
    ValueError
        If the columns differ in length, or an error is negative.

    Examples
    --------
    >>> own = Calibration(nucleus="139La", shift=(2950.0, 900.0), shift_std=(10.0, 10.0),
    ...                   h_per_metal=(3.0, 10.5), h_per_metal_std=(0.0, 0.0), between="linear",
    ...                   source="two samples of known content")
    >>> found = content_from_shift(calibration=own, shift=[1925.0, 2960.0, 3400.0],
    ...                            independent_std=[5.0, 10.0, 5.0], common_std=[20.0, 20.0, 20.0])
    >>> [f"{x:.2f} {q}" for x, q in zip(found.content, found.quality)]
    ['6.75 value', '3.11 upper bound', 'nan not determined']
    """
    values, own, zero = (
        np.atleast_1d(np.asarray(column, dtype=np.float64))
        for column in (shift, independent_std, common_std)
    )
    if not values.shape == own.shape == zero.shape or np.any(own < 0) or np.any(zero < 0):
        msg = (
            f"Found {values.size} shifts with {own.size} own and {zero.size} common errors; each "
            "needs both, and none is negative."
        )
        raise ValueError(msg)
    curve = _curve(calibration)
    error = np.hypot(own, zero)
    step = np.maximum(error, 1e-6 * np.ptp(calibration.shift))
    slope = np.abs(curve(values + step) - curve(values - step)) / (2 * step)
    anchors = _anchor_moves(calibration, values)
    sign = np.sign(curve(values + step) - curve(values - step))
    shared = np.vstack([sign * slope * zero, anchors])
    content, quality, comparable, words = _with_bounds(calibration, curve, values, error)
    bounded = np.array([word != "value" for word in quality])
    return WitnessedContents(
        nucleus=calibration.nucleus,
        shift=values,
        shift_std=own,
        content=content,
        quality=quality,
        independent_std=np.where(bounded, np.nan, slope * own),
        common_std=np.where(bounded, np.nan, np.sqrt((shared**2).sum(axis=0))),
        continued=curve(values),
        continued_std=slope * own,
        comparable=comparable,
        covariance=np.diag((slope * own) ** 2) + shared.T @ shared,
        words=words,
    )


def _curve(
    calibration: Calibration, *, moved: int | None = None, by: tuple[float, float] = (0.0, 0.0)
) -> Callable[[Any], NDArray[np.float64]]:
    """Give content over shift, drawn on in straight lines; one anchor may be moved."""
    from scipy.interpolate import PchipInterpolator

    shift, content = np.array(calibration.shift), np.array(calibration.h_per_metal)
    if moved is not None:
        shift[moved] += by[0]
        content[moved] += by[1]
    order = np.argsort(shift)
    x, y = shift[order].astype(np.float64), content[order].astype(np.float64)
    if calibration.between == "pchip":
        smooth = PchipInterpolator(x, y)
        ends = smooth.derivative()(x[[0, -1]])
        inside: Callable[[Any], Any] = smooth
    else:
        ends = np.diff(y)[[0, -1]] / np.diff(x)[[0, -1]]

        def inside(at: Any) -> Any:
            return np.interp(at, x, y)

    def curve(at: Any) -> NDArray[np.float64]:
        within = np.clip(at, x[0], x[-1])
        beyond = np.asarray(at, dtype=np.float64) - within
        slope = np.where(beyond < 0, ends[0], ends[1])
        return np.asarray(inside(within) + slope * beyond, dtype=np.float64)

    return curve


def _anchor_moves(calibration: Calibration, shift: NDArray[np.float64]) -> NDArray[np.float64]:
    """Say how all contents move when an anchor moves by its error (2 m, n)."""
    moves = []
    for index, (by_shift, by_content) in enumerate(
        zip(calibration.shift_std, calibration.h_per_metal_std, strict=True)
    ):
        for by in ((by_shift, 0.0), (0.0, by_content)):
            up = _curve(calibration, moved=index, by=by)(shift)
            down = _curve(calibration, moved=index, by=(-by[0], -by[1]))(shift)
            moves.append((up - down) / 2)
    return np.array(moves)


def _with_bounds(
    calibration: Calibration,
    curve: Callable[[Any], NDArray[np.float64]],
    shift: NDArray[np.float64],
    error: NDArray[np.float64],
) -> tuple[NDArray[np.float64], tuple[str, ...], NDArray[np.bool_], tuple[str, ...]]:
    """Tell values from bounds and from what is not determined."""
    low, high = min(calibration.shift), max(calibration.shift)
    end_error = dict(zip(calibration.shift, calibration.shift_std, strict=True))
    least_at = calibration.shift[0]  # anchors stand by rising content
    content, quality, comparable, words = curve(shift), [], [], []
    for index, (at, std) in enumerate(zip(shift, error, strict=True)):
        end = low if at < low else high if at > high else None
        if end is None:
            quality.append("value")
            comparable.append(True)
            continue
        reach = _ONE_SIDED * float(np.hypot(std, end_error[end]))
        pulled = at + reach if at < low else at - reach
        inside = low <= pulled <= high
        comparable.append(inside)
        word = "upper bound" if end == least_at else "lower bound"
        quality.append(word if inside else "not determined")
        content[index] = float(curve(pulled)) if inside else np.nan
        words.append(
            f"A {calibration.nucleus} shift of {at:.0f}({std:.0f}) Hz/MHz lies beyond the last "
            f"anchor at {end:.0f}: "
            + (f"a {word} at 95 %." if inside else "no content; nothing is extrapolated.")
        )
    return content, tuple(quality), np.array(comparable, dtype=bool), tuple(words)
