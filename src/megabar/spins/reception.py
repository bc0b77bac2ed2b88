r"""How many spins a coil hears: moment, field per root watt, limit of detection, skin depth.

Reciprocity: a coil that makes the field :math:`B_1` for the power P receives a precessing moment as
well as it transmits, so that a calibrated pulse says how sensitive a channel could be. Real
channels are as good as that or worse.

The gyromagnetic ratio here is the one that precesses, :math:`2 \pi \nu / B_0`: polarisation, pulse
and induced signal all happen in the shielded field. That of the bare nucleus would give 2.4 % more
signal of 139La.

Twin: ``observables.sensitivity``.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite, pi, sqrt

from megabar.constants import hbar, k_boltzmann, mu_0
from megabar.matter import nuclei


@dataclass(frozen=True, kw_only=True)
class Resonance:
    """One isotope of an element in one field.

    Parameters
    ----------
    nucleus
        Its name.
    spin
        Quantum number I.
    abundance
        Share of the atoms of the element, a fraction of 1.
    larmor_frequency
        At which it precesses [Hz].
    field
        Of the magnet [T].
    """

    nucleus: str
    spin: float
    abundance: float
    larmor_frequency: float
    field: float

    def __post_init__(self) -> None:
        for name in ("spin", "abundance", "larmor_frequency", "field"):
            _positive(getattr(self, name), name=name.replace("_", " "))

    @property
    def gyromagnetic_ratio(self) -> float:
        r"""Effective one, :math:`2 \pi \nu / B_0` [rad s-1 T-1]."""
        return 2 * pi * self.larmor_frequency / self.field


def resonance(*, nucleus: str, tms_frequency: float) -> Resonance:
    """Put a nucleus of the table into a field, at natural abundance and zero shift.

    Parameters
    ----------
    nucleus
        Its name.
    tms_frequency
        Resonance of the protons of TMS in the same field [Hz].

    Returns
    -------
    :
        The resonance; its gyromagnetic ratio follows from Xi.

    Raises
    ------
    UnknownWord
        If the table does not hold the nucleus.
    ValueError
        If the frequency is not positive.

    Examples
    --------
    >>> one = resonance(nucleus="139La", tms_frequency=395.107e6)
    >>> print(f"{one.larmor_frequency / 1e6:.4f} MHz, {one.field:.3f} T")
    55.8114 MHz, 9.280 T
    """
    row = nuclei.nucleus(nucleus)
    return Resonance(
        nucleus=nucleus,
        spin=row.spin,
        abundance=row.abundance,
        larmor_frequency=nuclei.reference_frequency_from_xi(
            nucleus=nucleus, tms_frequency=tms_frequency
        ),
        field=tms_frequency / nuclei.TMS_FREQUENCY_OVER_FIELD,
    )


def equilibrium_moment(*, atoms: float, of: Resonance, temperature: float) -> float:
    r"""Compute the magnetic moment of spins in thermal equilibrium.

    .. math:: m_0 = \frac{N a\, \gamma^2 \hbar^2 I (I + 1) B_0}{3 k_B T}

    Valid for :math:`h \nu \ll k_B T`.

    Parameters
    ----------
    atoms
        N of the element.
    of
        Isotope and field.
    temperature
        Of the sample [K].

    Returns
    -------
    :
        Moment [J/T].

    Raises
    ------
    ValueError
        If a number is not positive.

    References
    ----------
    Abragam, The Principles of Nuclear Magnetism, Oxford (1961), chapter III.

    Examples
    --------
    >>> proton = resonance(nucleus="1H", tms_frequency=400e6)
    >>> print(f"{equilibrium_moment(atoms=1e15, of=proton, temperature=300.0):.2e} J/T")
    4.51e-16 J/T
    """
    _positive(atoms, name="number of atoms")
    _positive(temperature, name="temperature")
    moment = of.gyromagnetic_ratio * hbar
    weight = atoms * of.abundance * of.spin * (of.spin + 1)
    return weight * moment**2 * of.field / (3 * k_boltzmann * temperature)


def pulse_field(*, of: Resonance, pulse_90: float, mean_over_peak: float) -> float:
    r"""Compute the peak field of a calibrated pulse of 90 degrees, in the rotating frame.

    .. math:: B_1 = \frac{\pi}{2 \gamma\, t_{90}\, s}

    Valid where all transitions turn alike. Selective pulses on the central transition turn
    :math:`I + 1/2` times as fast: multiply their length by that first.

    Parameters
    ----------
    of
        Isotope and field.
    pulse_90
        :math:`t_{90}` [s].
    mean_over_peak
        s, mean of the envelope over its peak; 1 for a rectangle.

    Returns
    -------
    :
        Field [T].

    Raises
    ------
    ValueError
        If the length is not positive, or the mean not between 0 and 1.

    Examples
    --------
    >>> proton = resonance(nucleus="1H", tms_frequency=395.107e6)
    >>> field = pulse_field(of=proton, pulse_90=2.5e-6, mean_over_peak=1.0)
    >>> print(f"{field * 1e3:.3f} mT")
    2.349 mT
    """
    _positive(pulse_90, name="length of the 90 degree pulse")
    if not 0 < mean_over_peak <= 1:
        msg = (
            f"Found a mean of {mean_over_peak:g} of a pulse over its peak; it lies above 0 and up "
            "to 1, the value of a rectangle. Check the shape."
        )
        raise ValueError(msg)
    return pi / (2 * of.gyromagnetic_ratio * pulse_90 * mean_over_peak)


def field_per_root_watt(
    *, of: Resonance, pulse_90: float, mean_over_peak: float, power: float
) -> float:
    r"""Compute how much field a coil makes for its power, from a calibrated pulse.

    .. math:: c = B_1 / \sqrt{P}

    Parameters
    ----------
    of
        Isotope and field.
    pulse_90
        Length of the pulse of 90 degrees [s].
    mean_over_peak
        Mean of its envelope over its peak; 1 for a rectangle.
    power
        P at the peak, at the plane of the receiver port [W].

    Returns
    -------
    :
        c [T W**-0.5].

    Raises
    ------
    ValueError
        If a number is not positive.

    References
    ----------
    Hoult, Richards, J. Magn. Reson. 24, 71 (1976), doi:10.1016/0022-2364(76)90233-X.

    Examples
    --------
    >>> proton = resonance(nucleus="1H", tms_frequency=395.107e6)
    >>> c = field_per_root_watt(of=proton, pulse_90=2.5e-6, mean_over_peak=1.0, power=10.0)
    >>> print(f"{c * 1e3:.3f} mT/sqrt(W)")
    0.743 mT/sqrt(W)
    """
    _positive(power, name="power")
    return pulse_field(of=of, pulse_90=pulse_90, mean_over_peak=mean_over_peak) / sqrt(power)


@dataclass(frozen=True, kw_only=True)
class Channel:
    """What receives, at which temperature.

    Parameters
    ----------
    field_per_root_watt
        Of the coil [T W**-0.5].
    sample_temperature
        Of the spins [K].
    noise_temperature
        Of the coil [K].
    noise_factor
        Of the receiver, linear; 1 for one without noise of its own.
    """

    field_per_root_watt: float
    sample_temperature: float
    noise_temperature: float
    noise_factor: float

    def __post_init__(self) -> None:
        for name in ("field_per_root_watt", "sample_temperature", "noise_temperature"):
            _positive(getattr(self, name), name=name.replace("_", " "))
        if not self.noise_factor >= 1:
            msg = (
                f"Found a noise factor of {self.noise_factor:g}; no receiver is below 1. It is "
                "linear: 3 dB are 2.0."
            )
            raise ValueError(msg)


def limit_by_reciprocity(*, of: Resonance, channel: Channel) -> float:
    r"""Compute the fewest atoms that a coil could hear, from the field that it makes.

    .. math:: \mathrm{LOD}_t = \frac{3 k_B T_s \sqrt{2 k_B T_n F}}
        {\omega_0 \gamma^2 \hbar^2 I (I + 1) B_0\, a\, c}

    Atoms of the element that give, all excited, an amplitude at t = 0 equal to the rms noise of one
    quadrature channel in one scan and 1 Hz. Valid for thermal noise, a linear receiver, and one
    field over the sample.

    Parameters
    ----------
    of
        Isotope and field.
    channel
        Coil and receiver.

    Returns
    -------
    :
        Limit of detection [Hz**-0.5].

    References
    ----------
    Hoult, Richards, J. Magn. Reson. 24, 71 (1976), doi:10.1016/0022-2364(76)90233-X. The quantity:
    arXiv:1803.05472.

    Examples
    --------
    >>> proton = resonance(nucleus="1H", tms_frequency=9.0 * 42.57618e6)
    >>> channel = Channel(field_per_root_watt=0.743e-3, sample_temperature=300.0,
    ...                   noise_temperature=300.0, noise_factor=1.0)
    >>> print(f"{limit_by_reciprocity(of=proton, channel=channel):.3g}")
    1.18e+14
    """
    moment = equilibrium_moment(atoms=1.0, of=of, temperature=channel.sample_temperature)
    voltage = 2 * pi * of.larmor_frequency * moment * channel.field_per_root_watt
    return sqrt(2 * k_boltzmann * channel.noise_temperature * channel.noise_factor) / voltage


def limit_of_another(*, limit: float, of: Resonance, other: Resonance, exponent: float) -> float:
    r"""Carry a limit of detection from one nucleus to another, if the coil is known to do so.

    .. math:: \mathrm{LOD}_M = \mathrm{LOD}_H
        \frac{\nu_H^p I_H (I_H + 1) a_H}{\nu_M^p I_M (I_M + 1) a_M}

    p = 3 for the same field per root watt (a film thinner than the skin depth), 11/4 for a coil
    whose resistance follows the skin effect, 5/2 for the same quality and filling factor.

    Parameters
    ----------
    limit
        Of the first nucleus [Hz**-0.5].
    of, other
        Both nuclei, in one field.
    exponent
        p.

    Returns
    -------
    :
        Limit of the other nucleus [Hz**-0.5].

    Raises
    ------
    ValueError
        If the limit is not positive, or the fields differ by more than 1 %.

    References
    ----------
    Hoult, Richards, J. Magn. Reson. 24, 71 (1976), doi:10.1016/0022-2364(76)90233-X.

    Examples
    --------
    >>> proton, lanthanum = (resonance(nucleus=name, tms_frequency=400e6)
    ...                      for name in ("1H", "139La"))
    >>> print(f"{limit_of_another(limit=1.0, of=proton, other=lanthanum, exponent=3.0):.2f}")
    16.91
    """
    _positive(limit, name="limit of detection")
    if abs(other.field / of.field - 1) > 0.01:
        msg = (
            f"Found fields of {of.field:g} T and {other.field:g} T; a limit is carried between "
            "nuclei, not between magnets. Take one field."
        )
        raise ValueError(msg)
    ratio = of.larmor_frequency / other.larmor_frequency
    return float(limit * ratio**exponent * _weight(of) / _weight(other))


def snr_of_one_scan(*, atoms: float, limit: float, bandwidth: float, efficiency: float) -> float:
    r"""Compute the signal-to-noise ratio of one scan, amplitude at t = 0 over rms per channel.

    .. math:: S = \epsilon N / (\mathrm{LOD}_t \sqrt{\Delta f})

    Parameters
    ----------
    atoms
        N of the element.
    limit
        Limit of detection [Hz**-0.5].
    bandwidth
        Two-sided noise bandwidth of the complex receiver [Hz].
    efficiency
        Product of all efficiencies.

    Returns
    -------
    :
        Ratio.

    Raises
    ------
    ValueError
        If a number is not positive.

    Examples
    --------
    >>> found = snr_of_one_scan(atoms=3e16, limit=5.44e11, bandwidth=2e6, efficiency=1.0)
    >>> print(f"{found:.1f}")
    39.0
    """
    for name, value in (
        ("number of atoms", atoms), ("limit of detection", limit), ("bandwidth", bandwidth),
        ("efficiency", efficiency),
    ):  # fmt: skip
        _positive(value, name=name)
    return efficiency * atoms / (limit * sqrt(bandwidth))


def skin_depth(*, resistivity: float, frequency: float) -> float:
    r"""Compute how deep a field reaches into a metal that is not magnetic.

    .. math:: \delta = \sqrt{\rho / (\pi \nu \mu_0)}

    Parameters
    ----------
    resistivity
        :math:`\rho` [ohm m].
    frequency
        :math:`\nu` [Hz].

    Returns
    -------
    :
        Depth [m] at which 1/e is left.

    Raises
    ------
    ValueError
        If a number is not positive.

    References
    ----------
    Jackson, Classical Electrodynamics, 3rd edition, section 5.18 (1998).

    Examples
    --------
    >>> print(f"{skin_depth(resistivity=1.68e-8, frequency=395e6) * 1e6:.2f} um")
    3.28 um
    """
    _positive(resistivity, name="resistivity")
    _positive(frequency, name="frequency")
    return sqrt(resistivity / (pi * frequency * mu_0))


def _weight(of: Resonance) -> float:
    return of.spin * (of.spin + 1) * of.abundance


def _positive(value: float, *, name: str) -> float:
    if not (isfinite(value) and value > 0):
        msg = f"Found {name} {value:g}; a positive number is needed. Check its unit."
        raise ValueError(msg)
    return value
