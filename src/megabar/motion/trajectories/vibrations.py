r"""What vibrations of two spins about their sites leave of their dipole coupling.

Vibrations are far faster than hops: a line and its second moment know averaged tensors alone, and
relaxation at the Larmor frequency too. The mean of :math:`r^{-6}` is another number, which formally
diverges; it is S(0), never a second moment.
"""

from __future__ import annotations

from math import erf, exp, pi, sqrt

from megabar.motion.arguments import positive


def gaussian_cloud_factor(*, distance: float, rms: float) -> float:
    r"""Compute what is left of a dipolar tensor, averaged over two Gaussian clouds.

    .. math:: \frac{\langle \mathbf T \rangle}{\mathbf T_0} = \operatorname{erf} u -
        \frac{2 u}{\sqrt \pi} e^{-u^2} \left( 1 + \tfrac23 u^2 \right), \quad u = \frac{r}{2 s}

    The clouds are isotropic and independent. It is the share of the charge of a Gaussian cloud that
    lies inside, as far as a quadrupole sees it: 1 unless the clouds overlap.

    Parameters
    ----------
    distance
        Between the two sites, r [m].
    rms
        Displacement of one spin along one axis, s [m].

    Returns
    -------
    :
        Factor, 0 to 1; its square is that of :math:`r^{-6}` in a second moment.

    Raises
    ------
    ValueError
        If a length is not positive.

    References
    ----------
    Derived in the documentation of the package and checked there by quadrature.

    Examples
    --------
    >>> print(f"{gaussian_cloud_factor(distance=1.1307e-10, rms=0.20e-10):.6f}")
    0.993102
    """
    u = _reduced(distance, rms)
    if u < 0.1:  # the terms cancel
        return 8 * u**5 / (3 * sqrt(pi)) * (1 / 5 - u**2 / 7 + u**4 / 18)
    return erf(u) - 2 * u / sqrt(pi) * exp(-(u**2)) * (1 + 2 * u**2 / 3)


def r6_inflation(*, distance: float, rms: float, inner_cut: float) -> float:
    r"""Compute how much Gaussian vibrations of two spins raise the mean of r^-6.

    .. math:: \frac{\langle \rho^{-6} \rangle_{\rho > c}}{r^{-6}}, \quad p(\rho) =
        \frac{\rho}{2 \sqrt \pi s r} \left[ e^{-(\rho - r)^2/4 s^2} - e^{-(\rho + r)^2/4 s^2}
        \right]

    Without an inner cut the mean diverges, so a number means nothing without its cut.

    Parameters
    ----------
    distance
        Between the two sites, r [m].
    rms
        Displacement of one spin along one axis, s [m].
    inner_cut
        Distances below are left out, c [m].

    Returns
    -------
    :
        Mean over r^-6.

    Raises
    ------
    ValueError
        If a length is not positive.

    Examples
    --------
    >>> print(f"{r6_inflation(distance=1.1307e-10, rms=0.10e-10, inner_cut=0.2e-10):.3f}")
    1.303
    """
    from scipy.integrate import quad

    u = _reduced(distance, rms)
    cut = float(positive(inner_cut, name="inner cut", unit="m")) / (2 * rms)

    def weighted(x: float) -> float:
        return x**-5 * (exp(-((x - u) ** 2)) - exp(-((x + u) ** 2)))

    far = u + 10
    if cut >= far:
        return 0.0
    middle = [point for point in (cut + 0.1, u) if cut < point < far]
    total, _ = quad(weighted, cut, far, points=middle or None, limit=200, epsrel=1e-10)
    return float(total * u**5 / sqrt(pi))


def _reduced(distance: float, rms: float) -> float:
    long = positive(distance, name="distance", unit="m")
    return float(long / (2 * positive(rms, name="rms displacement", unit="m")))
