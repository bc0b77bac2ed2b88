"""Likelihoods whose evidence is known in closed form."""

from dataclasses import dataclass
from math import log, pi

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class LinearTarget:
    """y = offset + design z + noise, z standard normal: ln Z = ln N(y; offset, S + A A')."""

    y: Array
    offset: Array
    design: Array
    noise: Array

    @property
    def dimension(self) -> int:
        return self.design.shape[1]

    def log_likelihood(self, z: Array) -> Array:
        r = (self.y - self.offset - np.einsum("nd,md->mn", self.design, z)) / self.noise
        n = self.y.size
        return -0.5 * np.sum(r * r, axis=1) - np.sum(np.log(self.noise)) - 0.5 * n * log(2 * pi)

    @property
    def log_evidence(self) -> float:
        covariance = np.diag(self.noise**2) + self.design @ self.design.T
        r = self.y - self.offset
        depth = np.linalg.slogdet(covariance).logabsdet
        return float(-0.5 * (r @ np.linalg.solve(covariance, r) + depth + r.size * log(2 * pi)))

    @property
    def posterior(self) -> tuple[Array, Array]:
        """Mean and covariance."""
        scaled = self.design / self.noise[:, None]
        covariance = np.linalg.inv(np.eye(self.dimension) + scaled.T @ scaled)
        return covariance @ scaled.T @ ((self.y - self.offset) / self.noise), covariance


def published_line() -> LinearTarget:
    """Six contents and y = a + b t / 60 d, sigma 0.35, a N(10.6, 0.6), b N(-4, 2)."""
    day = np.array([0.0, 10, 20, 30, 45, 60])
    design = np.column_stack([np.full(6, 0.6), 2 * day / 60])
    return LinearTarget(
        y=np.array([10.7, 8.6, 7.9, 6.5, 5.6, 4.4]),
        offset=10.6 - 4 * day / 60,
        design=design,
        noise=np.full(6, 0.35),
    )


def linear_campaign(*, dimension: int, points: int, seed: int) -> LinearTarget:
    """Make many points of many parameters, drawn from the prior."""
    generator = np.random.default_rng(seed)
    design = generator.normal(size=(points, dimension)) * np.geomspace(0.2, 3, dimension)
    noise = generator.uniform(0.2, 0.6, points)
    truth = generator.normal(size=dimension)
    y = design @ truth + noise * generator.normal(size=points)
    return LinearTarget(y=y, offset=np.zeros(points), design=design, noise=noise)


@dataclass(frozen=True, kw_only=True)
class TwoPeaks:
    """Two Gaussian peaks in z, so narrow and far apart that no single one covers both."""

    dimension: int = 3
    place: float = 2.0
    width: float = 0.1
    share: float = 0.3

    def log_likelihood(self, z: Array) -> Array:
        peaks = [
            log(share) - 0.5 * np.sum(((z - sign * self.place) / self.width) ** 2, axis=1)
            for sign, share in ((1, self.share), (-1, 1 - self.share))
        ]
        return np.logaddexp(*peaks)

    @property
    def log_evidence(self) -> float:
        """Each peak times the prior: the same integral on both sides."""
        spread = 1 + self.width**2
        one = log(self.width) - 0.5 * log(spread) - 0.5 * self.place**2 / spread
        return self.dimension * one


@dataclass(frozen=True, kw_only=True)
class Funnel:
    """One point y = exp(z0) z1 + noise: curved, and its evidence is a one-dimensional integral."""

    y: float = 3.0
    noise: float = 0.2
    dimension: int = 2

    def log_likelihood(self, z: Array) -> Array:
        r = (self.y - np.exp(z[:, 0]) * z[:, 1]) / self.noise
        return -0.5 * r * r - log(self.noise) - 0.5 * log(2 * pi)

    @property
    def log_evidence(self) -> float:
        from scipy.integrate import quad

        def density(u: float) -> float:
            variance = self.noise**2 + np.exp(2 * u)
            return float(
                np.exp(-0.5 * u * u - 0.5 * self.y**2 / variance) / (2 * pi * np.sqrt(variance))
            )

        return log(quad(density, -8, 8, epsabs=1e-13)[0])
