"""Simulated nutations: powder by directions, field by places, noise by seed; no tables."""

import numpy as np

from megabar import schemas
from megabar.spins.amplitude_distributions import gaussian_amplitudes
from megabar.spins.hamiltonians import first_order_coupling
from megabar.spins.orientations import sphere_grid
from megabar.spins.pulse_responses import responses_from_coupling
from megabar.spins.tensors import gradient_tensor


def simulated_curve(lengths, *, coupling, peak, spread, shape, asymmetry=0.3, detected="all"):
    """Noiseless signal of 139La over that of a perfect pulse, from directions of a sphere."""
    field = gaussian_amplitudes(relative_std=spread, count=25 if spread else 1)
    grid = sphere_grid(233)
    f = first_order_coupling(
        quadrupole_coupling=coupling,
        gradient=gradient_tensor(asymmetry=asymmetry),
        spin=3.5,
        directions=grid.directions,
    )
    total = np.zeros(len(lengths))
    for scale, weight in zip(field.scale, field.weight, strict=True):
        found = responses_from_coupling(
            spin=3.5, coupling=f, offset=0.0, amplitude=scale * peak * shape.amplitude,
            durations=lengths,
        )  # fmt: skip
        heard = found.sum(axis=-1) if detected == "all" else found[..., 3]
        total += weight * (1j * grid.weight @ heard).real
    return total


def acquired(lengths, curve, *, noise_std, seed, nucleus="139La", carrier=55.95e6):
    """Decays of 64 points whose amplitudes follow a curve, as an Acquisition."""
    time = np.arange(64) * 1e-6
    random = np.random.default_rng(seed)
    noise = random.normal(size=(2, len(lengths), 64)) * noise_std
    rows = np.outer(curve, np.exp(-2e4 * time + 0.7j)) + noise[0] + 1j * noise[1]
    return schemas.acquisition(
        rows,
        time=time,
        step={"pulse_length": lengths},
        attrs={
            "nucleus": nucleus, "carrier_frequency": carrier, "n_scans": 1, "cell": "A",
            "sequence": "fid", "repetition_time": 1.0, "dead_time": 0.0, "source": "simulated",
            "source_sha256": "0",
        },
    )  # fmt: skip
