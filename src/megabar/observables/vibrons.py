r"""Is there free hydrogen? The Raman vibron of H2, as a sign of presence and never as a gauge.

Its frequency rises to a maximum near 38 GPa and falls beyond, so one frequency means two pressures.
That no vibron is seen says something only against what a known amount would have shown.

Twin: none; ``raman_edges`` measures the pressure.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite, nan
from typing import TYPE_CHECKING, Final

import numpy as np

from megabar import schemas
from megabar.errors import SchemaError
from megabar.observables import detection
from megabar.observables.robust_noise import noise_from_differences

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray

_FALSE_ALARM: Final = 1e-3
_FEWEST: Final = 20
_BACKGROUND: Final = 3  # order of the polynomial below the line
_MARGIN: Final = 3.0  # widths beside the window that show the background


@dataclass(frozen=True, kw_only=True)
class Vibron:
    """What a spectrum says of free hydrogen.

    Parameters
    ----------
    seen
        Whether a line stands out of the noise.
    raman_shift
        Where [cm-1]; nan where nothing was seen.
    area, area_std
        Its area and standard error [counts cm-1]; nan where nothing was seen.
    area_limit
        Area that would have been seen with 95 % probability [counts cm-1].
    share
        Area, or limit where nothing was seen, over that of the reference; nan without one.
    excess_h2
        ``"seen"``, ``"below the limit"`` or ``"unknown"``: without a reference an absent line says
        nothing.
    """

    seen: bool
    raman_shift: float
    area: float
    area_std: float
    area_limit: float
    share: float
    excess_h2: str

    @property
    def sentence(self) -> str:
        """What follows, in words."""
        if self.seen:
            return f"The vibron of H2 is seen at {self.raman_shift:.0f} cm-1: there is free H2."
        if isfinite(self.share):
            return (
                f"No vibron of H2 above {100 * self.share:.2g} % of that of the reference cell; "
                "less than that may be there."
            )
        return (
            "No vibron of H2 was seen, and no reference says how strong it would be: whether there "
            "is free H2 is unknown. Measure a cell of known hydrogen with the same laser and time."
        )


def vibron(
    spectrum: xr.Dataset,
    *,
    window: tuple[float, float],
    fwhm: float,
    reference_area: float | None,
) -> Vibron:
    r"""Look for the vibron of H2.

    .. math:: \hat A = \frac{\sum_k g_k I_k}{\sum_k g_k^2}, \quad
        \operatorname{sd}(\hat A) = \sigma \Big/ \sqrt{\textstyle\sum_k g_k^2}

    with g what a cubic background cannot imitate of a Lorentzian of unit area at each place.

    Parameters
    ----------
    spectrum
        Sweep of intensity over raman_shift [cm-1].
    window
        Where it may lie [cm-1]; about 3900 to 4300 below 200 GPa.
    fwhm
        Its width [cm-1].
    reference_area
        Area in a cell of known hydrogen, scaled to the same laser power and time [counts cm-1];
        None if nobody measured it.

    Returns
    -------
    :
        What was seen, or what would have been.

    Raises
    ------
    SchemaError
        If the dataset is no spectrum over Raman shifts.
    ValueError
        If the window holds too few points, or the width is not positive.

    Examples
    --------
    >>> shift = np.arange(3800, 4400, 1.0)
    >>> noise = np.random.default_rng(1).normal(size=shift.size)
    >>> spectrum = schemas.sweep({"intensity": 100 + noise}, coords={"raman_shift": shift},
    ...     attrs={"cell": "A", "current": nan, "source": "example", "source_sha256": "0"})
    >>> vibron(spectrum, window=(3900, 4300), fwhm=20.0, reference_area=None).excess_h2
    'unknown'
    """
    if schemas.check(spectrum).attrs["schema"] != "sweep/1" or "raman_shift" not in spectrum.coords:
        msg = "Found no intensity over raman_shift; a vibron needs a Raman spectrum."
        raise SchemaError(msg)
    shift = np.asarray(spectrum["raman_shift"].values, dtype=np.float64)
    intensity = np.asarray(spectrum["intensity"].values, dtype=np.float64)
    near = (
        (shift >= window[0] - 3 * fwhm) & (shift <= window[1] + 3 * fwhm) & np.isfinite(intensity)
    )
    if not fwhm > 0 or np.count_nonzero(near) < _FEWEST:
        msg = (
            f"Found {np.count_nonzero(near)} points around {window[0]:g} to {window[1]:g} cm-1 and "
            f"a width of {fwhm:g} cm-1; at least {_FEWEST} points and a positive width are needed."
        )
        raise ValueError(msg)
    shift, intensity = shift[near], intensity[near]
    noise = noise_from_differences(intensity, order=1)
    places = shift[(shift >= window[0]) & (shift <= window[1])]
    lines = fwhm / 2 / np.pi / ((shift - places[:, None]) ** 2 + (fwhm / 2) ** 2)
    lines = _beside_background(shift, lines)
    weight = np.sum(lines**2, axis=1)
    areas, stds = lines @ intensity / weight, noise / np.sqrt(weight)
    best = int(np.argmax(areas / stds))
    limit = detection.normal_quantile(1 - _FALSE_ALARM / places.size)
    seen = bool(areas[best] / stds[best] > limit)
    area_limit = float((limit + detection.normal_quantile(0.95)) * stds.max())
    measured = float(areas[best]) if seen else area_limit
    share = measured / reference_area if reference_area else nan
    told = "below the limit" if isfinite(share) else "unknown"
    return Vibron(
        seen=seen,
        raman_shift=float(places[best]) if seen else nan,
        area=float(areas[best]) if seen else nan,
        area_std=float(stds[best]) if seen else nan,
        area_limit=area_limit,
        share=share,
        excess_h2="seen" if seen else told,
    )


def _beside_background(
    shift: NDArray[np.float64], lines: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Give what of each line no polynomial background can imitate."""
    x = 2 * (shift - shift.mean()) / np.ptp(shift)
    background, _ = np.linalg.qr(np.polynomial.legendre.legvander(x, _BACKGROUND))
    return np.asarray(lines - (lines @ background) @ background.T)
