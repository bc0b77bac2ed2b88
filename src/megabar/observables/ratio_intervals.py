"""The interval of a ratio of two measured numbers, right for any signal-to-noise ratio.

Twin: none; this is the statistics of ratios.
"""

from __future__ import annotations

from math import inf, sqrt


def ratio_interval(
    *,
    numerator: float,
    numerator_std: float,
    denominator: float,
    denominator_std: float,
    z: float,
) -> tuple[float, float]:
    r"""Compute the interval of a ratio of two normal numbers (Fieller).

    .. math:: \frac{HM \mp \sqrt{(HM)^2 - (M^2 - z^2 s_M^2)(H^2 - z^2 s_H^2)}}{M^2 - z^2 s_M^2}

    Exact for normal, uncorrelated H and M whatever their size. A denominator below
    :math:`z s_M` leaves the ratio without an upper limit.

    Parameters
    ----------
    numerator
        H.
    numerator_std
        :math:`s_H`.
    denominator
        M, of a quantity that cannot be negative.
    denominator_std
        :math:`s_M`.
    z
        Standard normal quantile, 1.96 for 95 %.

    Returns
    -------
    :
        Lower and upper end; ``inf`` where there is no upper limit, ``-inf`` as well where the data
        say nothing at all.

    References
    ----------
    Fieller, J. R. Stat. Soc. B 16, 175 (1954), doi:10.1111/j.2517-6161.1954.tb00159.x.

    Examples
    --------
    >>> low, high = ratio_interval(
    ...     numerator=300, numerator_std=5, denominator=10, denominator_std=1, z=1.96)
    >>> print(f"{low:.2f} {high:.2f}")
    25.00 37.39
    """
    product = numerator * denominator
    below = denominator**2 - (z * denominator_std) ** 2
    above = numerator**2 - (z * numerator_std) ** 2
    inside = product**2 - below * above
    if below > 0:
        root = sqrt(max(inside, 0.0))
        return (product - root) / below, (product + root) / below
    if above <= 0 or numerator < 0:
        return -inf, inf
    return above / (product + sqrt(inside)), inf
