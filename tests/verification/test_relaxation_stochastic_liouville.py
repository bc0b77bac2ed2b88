"""Rates against the stochastic Liouville equation of spins that turn at random.

No spectral density and no Redfield theory here: density matrices of all orientations obey the
Liouville-von Neumann equation, and jump to a random orientation at rate 1/tau. Averaged over
orientations, the response to a start without memory is a matrix; its inverse holds the rates. It is
taken where the operator asked for precesses, as a rate is the width of a line at its own place.
"""

from math import pi, sqrt

import numpy as np
import pytest

from megabar.motion import relaxation as rx
from megabar.motion import spectral_densities as sd

PROTON, LANTHANUM, FLUORINE = 2.6752218744e8, 3.8083318e7, 2.518148e8
TAU = 1.0e-9
WEAK = 1e-3  # coupling times tau: corrections of higher order are its square


def spin_matrices(spin):
    m = np.arange(spin, -spin - 1, -1)
    raising = np.diag(np.sqrt(spin * (spin + 1) - m[1:] * (m[1:] + 1)), 1)
    return (raising + raising.T) / 2, (raising - raising.T) / 2j, np.diag(m)


def pair_matrices(first, second):
    """(3, n, n) of either spin in the product space."""
    one = [np.kron(s, np.eye(int(2 * second + 1))) for s in spin_matrices(first)]
    two = [np.kron(np.eye(int(2 * first + 1)), s) for s in spin_matrices(second)]
    return np.array(one, dtype=complex), np.array(two, dtype=complex)


def liouvillian(hamiltonian):
    n = hamiltonian.shape[0]
    return np.kron(hamiltonian, np.eye(n)) - np.kron(np.eye(n), hamiltonian.T)


def dipolar(i, s, strength, cosine):
    """Strength [I.S - 3 (I.n)(S.n)] with n in the xz plane."""
    n = np.array([sqrt(1 - cosine**2), 0.0, cosine])
    along = np.tensordot(n, i, 1) @ np.tensordot(n, s, 1)
    return strength * (np.einsum("aij,ajk->ik", i, s) - 3 * along)


def relaxation_matrix(static, coupling, *, turned, precession=0.0, angles=8):
    """Rates over the flattened density matrix, for a coupling of the cosine to the field.

    Averages over the polar angle by quadrature. The azimuth, where the coupling has one, turns
    the rest about the field: its average keeps what connects equal orders of coherence, `turned`
    being the order of each element, or None. `precession` is the angular frequency at which the
    operator of interest turns; eight angles are exact to the seventh order of the coupling.
    """
    cosines, weights = np.polynomial.legendre.leggauss(angles)
    n = liouvillian(static).shape[0]
    place = np.eye(n) * (1 / TAU - 1j * precession)
    mean = np.zeros((n, n), dtype=complex)
    for cosine, weight in zip(cosines, weights / 2, strict=True):
        mean += weight * np.linalg.inv(1j * liouvillian(static + coupling(cosine)) + place)
    if turned is not None:
        mean[turned[:, None] != turned] = 0
    return np.linalg.inv(mean) - place


def rate_of(matrix, operator):
    flat = operator.ravel()
    return (flat.conj() @ matrix @ flat / (flat.conj() @ flat)).real


def longitudinal_and_transverse(static, coupling, *, along, raising, total_z, precession, **more):
    """R1 of `along` and R2 of `raising`, each where it precesses."""
    turned = coherence_orders(total_z)
    still = relaxation_matrix(static, coupling, turned=turned, **more)
    moving = relaxation_matrix(static, coupling, turned=turned, precession=precession, **more)
    return rate_of(still, along), rate_of(moving, raising)


def coherence_orders(total_z):
    m = np.diag(total_z).real
    return np.round(2 * (m[:, None] - m)).astype(int).ravel()


def distance(gamma, partner, *, angle=WEAK):
    """Where the dipole coupling times tau is as weak as wanted [m]."""
    k = rx.dipolar_constant(gyromagnetic_ratio=gamma, gyromagnetic_ratio_partner=partner)
    return (sqrt(k) * TAU / angle) ** (1 / 3)


def solved_pair(partner, spin_partner, reduced_time, *, strength=WEAK, angles=8):
    """R1, R2 of the first spin, or of both if they are alike, by the Liouville equation."""
    i, s = pair_matrices(0.5, spin_partner)
    omega = reduced_time / TAU
    seen = i + s if partner == PROTON else i
    return longitudinal_and_transverse(
        omega * i[2] + omega * partner / PROTON * s[2],
        lambda cosine: dipolar(i, s, strength / TAU, cosine),
        along=seen[2],
        raising=seen[0] + 1j * seen[1],
        total_z=i[2] + s[2],
        precession=omega,
        angles=angles,
    )


@pytest.mark.parametrize("reduced_time", [0.01, 0.3, 0.6158, 3.0, 10.0])
def test_like_spins_relax_as_the_liouville_equation_says(reduced_time):
    r1, r2 = solved_pair(PROTON, 0.5, reduced_time)
    rates = rx.rates_like(
        spectral_density=sd.bpp(sum_r6=distance(PROTON, PROTON) ** -6, correlation_time=TAU),
        gyromagnetic_ratio=PROTON,
        larmor_frequency=reduced_time / TAU / (2 * pi),
    )
    np.testing.assert_allclose([rates.r1 / r1, rates.r2 / r2], 1, rtol=2e-4)


@pytest.mark.parametrize("reduced_time", [0.01, 0.6158, 10.0])
@pytest.mark.parametrize(
    ("partner", "spin"), [(LANTHANUM, 3.5), (FLUORINE, 0.5), (-LANTHANUM, 0.5)]
)
def test_unlike_spins_relax_as_the_liouville_equation_says(partner, spin, reduced_time):
    r1, r2 = solved_pair(partner, spin, reduced_time)
    rates = rx.rates_unlike(
        spectral_density=sd.bpp(sum_r6=distance(PROTON, abs(partner)) ** -6, correlation_time=TAU),
        gyromagnetic_ratio=PROTON,
        gyromagnetic_ratio_partner=partner,
        spin_partner=spin,
        larmor_frequency=reduced_time / TAU / (2 * pi),
    )
    np.testing.assert_allclose([rates.r1 / r1, rates.r2 / r2], 1, rtol=2e-4)


LARMOR = 1e7 / TAU / (2 * pi)  # so high that only what commutes with the field is left


@pytest.mark.parametrize("nutation", [0.1, 0.5, 3.0])
def test_locked_like_spins_relax_at_twice_the_nutation(nutation):
    i, s = pair_matrices(0.5, 0.5)
    commuting = 3 * i[2] @ s[2] - np.einsum("aij,ajk->ik", i, s)
    matrix = relaxation_matrix(
        nutation / TAU * (i[0] + s[0]),
        lambda cosine: WEAK / TAU * (1 - 3 * cosine**2) / 2 * commuting,
        turned=None,
    )
    found = rx.r1rho_like(
        spectral_density=sd.bpp(sum_r6=distance(PROTON, PROTON) ** -6, correlation_time=TAU),
        gyromagnetic_ratio=PROTON,
        larmor_frequency=LARMOR,
        locking_frequency=nutation / TAU / (2 * pi),
    )
    assert found == pytest.approx(rate_of(matrix, i[0] + s[0]), rel=2e-4)


@pytest.mark.parametrize("nutation", [0.1, 0.5, 3.0])
def test_locked_unlike_spins_relax_at_the_nutation(nutation):
    i, s = pair_matrices(0.5, 1.5)
    matrix = relaxation_matrix(
        nutation / TAU * i[0],
        lambda cosine: WEAK / TAU * (1 - 3 * cosine**2) * i[2] @ s[2],
        turned=None,
    )
    found = rx.r1rho_unlike(
        spectral_density=sd.bpp(sum_r6=distance(PROTON, LANTHANUM) ** -6, correlation_time=TAU),
        gyromagnetic_ratio=PROTON,
        gyromagnetic_ratio_partner=LANTHANUM,
        spin_partner=1.5,
        larmor_frequency=LARMOR,
        locking_frequency=nutation / TAU / (2 * pi),
    )
    assert found == pytest.approx(rate_of(matrix, i[0]), rel=2e-4)


@pytest.mark.parametrize("spin", [1.0, 1.5, 3.5])
@pytest.mark.parametrize("reduced_time", [0.01, 1.0, 5.0])
def test_a_quadrupole_relaxes_as_the_liouville_equation_says(spin, reduced_time):
    i = np.array(spin_matrices(spin), dtype=complex)
    coupling = WEAK / TAU / (2 * pi)  # C_Q [Hz]

    def quadrupole(cosine):
        n = np.array([sqrt(1 - cosine**2), 0.0, cosine])
        along = np.tensordot(n, i, 1)
        scale = 2 * pi * coupling / (4 * spin * (2 * spin - 1))
        return scale * (3 * along @ along - spin * (spin + 1) * np.eye(i.shape[1]))

    expected = longitudinal_and_transverse(
        reduced_time / TAU * i[2],
        quadrupole,
        along=i[2],
        raising=i[0] + 1j * i[1],
        total_z=i[2],
        precession=reduced_time / TAU,
    )
    rates = rx.rates_quadrupolar(
        coupling_rms=coupling,
        spin=spin,
        correlation_time=TAU,
        larmor_frequency=reduced_time / TAU / (2 * pi),
    )
    np.testing.assert_allclose([rates.r1, rates.r2], expected, rtol=2e-4)


def test_a_quadrupole_decays_by_one_exponential_in_extreme_narrowing():
    """Iz is then an eigenvector of the rates: no other order of the 8 levels feeds it."""
    i = np.array(spin_matrices(3.5), dtype=complex)

    def quadrupole(cosine):
        n = np.array([sqrt(1 - cosine**2), 0.0, cosine])
        along = np.tensordot(n, i, 1)
        return WEAK / TAU / 84 * (3 * along @ along - 15.75 * np.eye(8))

    def mixing(reduced_time):
        matrix = relaxation_matrix(
            reduced_time / TAU * i[2], quadrupole, turned=coherence_orders(i[2])
        )
        flat = i[2].ravel()
        image = matrix @ flat
        return np.linalg.norm(image - flat * (flat @ image) / (flat @ flat)) / np.linalg.norm(image)

    assert mixing(1e-3) < 1e-3
    assert mixing(1.0) > 0.05


def test_a_strong_coupling_leaves_redfield_theory():
    """The limit that the package states is where a pair departs by several percent."""

    def ratio(angle):
        _, r2 = solved_pair(PROTON, 0.5, 10.0, strength=angle / sqrt(9 / 20), angles=48)
        rates = rx.rates_from_correlation_time(
            correlation_time=TAU,
            second_moment=(angle / TAU) ** 2,
            larmor_frequency=10 / TAU / (2 * pi),
        )
        return rates.r2 / r2

    assert ratio(0.1 * rx.REDFIELD_LIMIT) == pytest.approx(1, abs=2e-3)
    assert 0.9 < ratio(rx.REDFIELD_LIMIT) < 1.1
    assert abs(ratio(10 * rx.REDFIELD_LIMIT) - 1) > 0.3
