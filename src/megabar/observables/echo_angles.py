"""Echoes whose second pulse turns another angle than it should, as in a coil that has detuned.

Twin: ``spins.phase_tables``.
"""

from __future__ import annotations

from math import degrees, sin

from megabar.errors import one_of
from megabar.observables.efficiencies import SHAPES, refocusing
from megabar.observables.factors import FIELD, Factor, turned_by
from megabar.observables.measured_words import measured


def refocusing_by_angle(
    *,
    second_flip_angle: float,
    second_flip_angle_std: float,
    echo_delay: float,
    fwhm: float,
    shape: str,
    sequence: str,
    amplitude: str,
) -> Factor:
    r"""Compute how much of a line an echo refocuses whose second pulse has any angle.

    .. math:: \text{solid: } \eta = \sin^2\tfrac{\theta_2}{2}
        + \cos^2\tfrac{\theta_2}{2}\, G(2\tau), \quad
        \text{hahn: } \eta = \sin^2\tfrac{\theta_2}{2}

    Valid for short pulses, broadening linear in the spin, and phase cycles that let order +1 pass
    (Hahn echo) or +1 and -1 (solid echo), as ``HAHN_16`` and ``SOLID_ECHO_8`` of
    ``spins.phase_tables`` do. What the first pulse makes is in
    :func:`megabar.observables.efficiencies.steady_state`. For
    couplings take :func:`megabar.observables.pulse_efficiencies.refocusing_by_pulses`.

    Parameters
    ----------
    second_flip_angle
        :math:`\theta_2` [rad].
    second_flip_angle_std
        Its standard error [rad].
    echo_delay
        :math:`\tau` between the pulses [s].
    fwhm
        Of the line [Hz].
    shape
        ``"lorentzian"`` or ``"gaussian"``, of which G is the normalised decay.
    sequence
        ``"hahn-echo"`` or ``"solid-echo"``.
    amplitude
        ``"top"``: it was read at the top of the echo. ``"fitted"``: the form of
        :func:`megabar.observables.lines.line` was fitted, which assumes the perfect angle; the
        factor is then :math:`\eta` over :math:`\tfrac12 [1 + G(2\tau)]` or 1. That is exact for a
        Lorentzian, and for a Gaussian that has dephased; in between a solid echo of a Gaussian at
        three quarters of the field is off by up to 2.2 % with a fitted width and 9 % with a known
        one.

    Returns
    -------
    :
        Factor ``refocusing``, for the other shape too.

    Raises
    ------
    UnknownWord
        If shape, sequence or amplitude is another one.
    ValueError
        If nothing comes back.

    References
    ----------
    Hahn, Phys. Rev. 80, 580 (1950), doi:10.1103/PhysRev.80.580. Powles, Strange, Proc. Phys. Soc.
    82, 6 (1963), doi:10.1088/0370-1328/82/1/303.

    Examples
    --------
    >>> from math import pi
    >>> one = refocusing_by_angle(
    ...     second_flip_angle=pi / 3, second_flip_angle_std=0.0, echo_delay=25e-6, fwhm=38e3,
    ...     shape="gaussian", sequence="solid-echo", amplitude="fitted")
    >>> print(f"{one.value:.3f}")  # a quarter of the line instead of a half
    0.500
    """
    one_of(sequence, ("hahn-echo", "solid-echo"), name="sequence")
    one_of(amplitude, ("fitted", "top"), name="amplitude")
    one_of(shape, SHAPES, name="shape")

    def at(angle: float, shape: str) -> float:
        back = sin(angle / 2) ** 2
        if sequence == "hahn-echo":
            return back
        perfect = refocusing(echo_delay=echo_delay, fwhm=fwhm, shape=shape)
        found = back + (1 - back) * (2 * perfect - 1)
        return found / perfect if amplitude == "fitted" else found

    value = at(second_flip_angle, shape)
    turned = turned_by(
        lambda scale: at(scale * second_flip_angle, shape),
        second_flip_angle_std / second_flip_angle if second_flip_angle else 0.0,
    )
    return Factor(
        name="refocusing",
        value=value,
        std=value * abs(turned),
        moved_by=((FIELD, turned),) if turned else (),
        source=(
            f"{sequence}, second pulse of "
            f"{measured(degrees(second_flip_angle), degrees(second_flip_angle_std), 'degrees')}, "
            f"tau {measured(echo_delay, 0, 's')}, FWHM {measured(fwhm, 0, 'Hz')}, {amplitude} "
            "amplitude"
        ),
        alternatives=tuple(
            (one, at(second_flip_angle, one))
            for one in SHAPES
            if one != shape and sequence == "solid-echo"
        ),
    )
