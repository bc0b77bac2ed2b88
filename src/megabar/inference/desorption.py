r"""How probable the weeks are under one story: likelihood, curves and simulated weeks.

.. math:: m_i = x(t_i)\, \frac{A_H(t_i)}{A_M(t_i)}, \quad
    C = \mathrm{diag}(N_i) + \sigma_s^2\, m m^T, \quad
    N_i = s^2 (\sigma_i^2 + \rho_i^2 m_i^2)

The scale that all points of a cell share is integrated in closed form, with the model m in the
covariance and not the data (Peelle's puzzle). All parameters are standard normal numbers z; what
they mean is said by ``names``, ``values`` and the priors. The rate of a loss is given as the time
of half of it, with the same prior for every mechanism, so that none is favoured by the scale of its
reduced time; for ``serial`` it is the half time of the first step.

Twin: ``hydrogen.release``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from megabar.errors import UnusableInput, one_of
from megabar.inference import likelihood_kernels as likelihood
from megabar.inference import loss_kernels as kernels
from megabar.inference.parameters import Layout, layout
from megabar.inference.story_arrays import numbers_of, usual_repetition
from megabar.inference.weeks import CellWeeks, Weeks, Witness
from megabar.inference.witness_kernels import fill_predictions
from megabar.inference.witnesses import Block, blocks_of, drawn_witnesses

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike, NDArray

    from megabar.inference.hypotheses import Hypothesis
    from megabar.inference.priors import Prior

    Array = NDArray[np.float64]

_REFUSED: Final = 5.0  # standard deviations between a first content and its prior


@dataclass(frozen=True, kw_only=True, eq=False)
class Target:
    """One hypothesis against one set of data.

    Parameters
    ----------
    hypothesis, weeks, priors
        What it was made of.
    layout
        Its parameters.
    numbers
        All of it as arrays.
    moved, alone
        Witnesses of which the hypothesis says something, and the others.
    """

    hypothesis: Hypothesis
    weeks: Weeks
    priors: Mapping[str, Prior]
    layout: Layout
    numbers: kernels.Numbers
    moved: tuple[Block, ...]
    alone: tuple[Block, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the parameters, (d,); those of one cell end with it in brackets."""
        return self.layout.names

    @property
    def dimension(self) -> int:
        """Number of parameters."""
        return len(self.names)

    def log_likelihood(self, z: ArrayLike) -> NDArray[np.float64]:
        """Compute the log likelihood of many draws.

        Parameters
        ----------
        z
            Standard normal numbers, (m, d).

        Returns
        -------
        :
            Log likelihood, (m,); -inf where the model has no value.

        Raises
        ------
        ValueError
            If ``z`` has another shape.
        """
        given = self._draws(z)
        out = np.empty(given.shape[0])
        likelihood.log_likelihoods(given, self.numbers, out)
        return out

    def values(self, z: ArrayLike) -> dict[str, NDArray[np.float64]]:
        """Give the physical values of many draws.

        Parameters
        ----------
        z
            Standard normal numbers, (m, d).

        Returns
        -------
        :
            Name -> values in the unit of the prior, (m,).

        Raises
        ------
        ValueError
            If ``z`` has another shape.
        """
        given = self._draws(z)
        out = np.empty(given.shape)
        likelihood.all_values(given, self.numbers, out)
        return {name: out[:, k] for k, name in enumerate(self.names)}

    def curves(
        self, z: ArrayLike, cell: str, days: ArrayLike
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Compute the contents of a cell before its data, as they are and as they seem.

        A gain that wanders has no preferred way: what seems is the mean of all walks.

        Parameters
        ----------
        z
            Standard normal numbers, (m, d).
        cell
            Its name.
        days
            Days since heating, (k,).

        Returns
        -------
        :
            Real and apparent H per metal, (m, k) each.

        Raises
        ------
        UnknownWord
            If there is no such cell.
        ValueError
            If ``z`` has another shape or a day is negative.
        """
        given = self._draws(z)
        names = [one.cell for one in self.weeks.cells]
        index = names.index(one_of(cell, names, name="cell"))
        at = np.asarray(days, dtype=np.float64)
        if at.ndim != 1 or np.any(at < 0):
            msg = "Found days that are no row, or before the heating. Count them from there."
            raise ValueError(msg)
        repetition = np.full(at.size, usual_repetition(self.weeks.cells[index]))
        real, apparent = np.empty((given.shape[0], at.size)), np.empty((given.shape[0], at.size))
        with np.errstate(divide="ignore"):
            likelihood.cell_curves(given, self.numbers, index, at, repetition, real, apparent)
        return real, apparent

    def curves_with_walk(
        self, z: ArrayLike, cell: str, days: ArrayLike
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Compute the contents of a cell with the walk of the gain that its data speak for.

        The same as :meth:`curves` for every story in which the gain does not wander.

        Parameters
        ----------
        z
            Standard normal numbers, (m, d).
        cell
            Its name.
        days
            Days since heating, (k,).

        Returns
        -------
        :
            Real and apparent H per metal, (m, k) each; after the last point a walk stays.

        Raises
        ------
        UnknownWord, ValueError
            As for :meth:`curves`.
        """
        real, apparent = self.curves(z, cell, days)
        if self.hypothesis.artefact == "walk":
            walk = np.empty(real.shape)
            index = [one.cell for one in self.weeks.cells].index(cell)
            at = np.asarray(days, dtype=np.float64)
            likelihood.fill_walks(self._draws(z), self.numbers, index, at, walk)
            apparent = apparent * (1 + walk)
        return real, apparent

    def simulate(self, z: ArrayLike, generator: np.random.Generator) -> Weeks:
        """Draw other weeks of the same design.

        Parameters
        ----------
        z
            Standard normal numbers of one draw, (d,).
        generator
            Source of chance.

        Returns
        -------
        :
            Contents and witnesses at the same times, with the same errors.

        Raises
        ------
        ValueError
            If ``z`` has another shape.
        """
        v = np.empty(self.dimension)
        kernels.fill_values(self._draws(np.atleast_2d(z))[0], self.numbers, v)
        times = self.numbers.days.size
        x, of_hydrogen, of_ratio = np.empty(times), np.empty(times), np.empty(times)
        kernels.fill_cells(v, self.numbers, x, of_hydrogen, of_ratio)
        contents = _drawn_contents(v, self.numbers, x * of_ratio, generator)
        witnesses = self._drawn_witnesses(v, x, of_hydrogen, generator)
        begin, cells = self.numbers.content_starts, []
        for k, one in enumerate(self.weeks.cells):
            mine = witnesses.get(one.cell, {})
            cells.append(
                replace(one, h_per_metal=contents[begin[k] : begin[k + 1]], witnesses=mine)
            )
        return replace(self.weeks, cells=tuple(cells))

    def content_covariance(self, z: ArrayLike, cell: int) -> NDArray[np.float64]:
        """Compute the covariance of the contents of a cell for one draw.

        Parameters
        ----------
        z
            Standard normal numbers of one draw, (d,).
        cell
            Its index.

        Returns
        -------
        :
            Of noise, scale and walk, (n, n) in the order of the contents.

        Raises
        ------
        ValueError
            If ``z`` has another shape.
        """
        v = np.empty(self.dimension)
        kernels.fill_values(self._draws(np.atleast_2d(z))[0], self.numbers, v)
        times = self.numbers.days.size
        x, of_hydrogen, of_ratio = np.empty(times), np.empty(times), np.empty(times)
        kernels.fill_cells(v, self.numbers, x, of_hydrogen, of_ratio)
        noise = np.empty(self.numbers.content.size)
        likelihood.fill_noise(v, self.numbers, x * of_ratio, noise)
        mine = slice(*self.numbers.content_starts[cell : cell + 2])
        place = self.numbers.point[mine]
        model, days = (x * of_ratio)[place], self.numbers.days[place]
        shared = likelihood.scale_of_cell(v, self.numbers, cell)
        walked = likelihood.walk_rate(v, self.numbers) * np.minimum.outer(days, days)
        return np.diag(noise[mine]) + np.outer(model, model) * (shared + walked)

    def _drawn_witnesses(
        self, v: Array, x: Array, of_hydrogen: Array, generator: np.random.Generator
    ) -> dict[str, dict[str, Witness]]:
        predicted = np.empty(self.numbers.w_value.size)
        fill_predictions(v, self.numbers, x, of_hydrogen, predicted)
        parts = np.split(predicted, self.numbers.block_starts[1:-1]) if self.moved else []
        pairs = [*zip(self.moved, parts, strict=True)]
        pairs += [(block, np.zeros(block.std.size)) for block in self.alone]
        found: dict[str, dict[str, Witness]] = {}
        for block, part in pairs:
            for cell, witness in drawn_witnesses(block, part, self.weeks, generator).items():
                found.setdefault(cell, {})[block.name] = witness
        return found

    def _draws(self, z: ArrayLike) -> Array:
        given = np.ascontiguousarray(z, dtype=np.float64)
        if given.ndim != 2 or given.shape[1] != self.dimension:
            msg = (
                f"Found draws of shape {given.shape} for {self.hypothesis.name}, which has "
                f"{self.dimension} parameters. Give (draws, {self.dimension})."
            )
            raise ValueError(msg)
        return given


def target(hypothesis: Hypothesis, weeks: Weeks, priors: Mapping[str, Prior]) -> Target:
    """Make a likelihood of a hypothesis and data.

    Parameters
    ----------
    hypothesis
        The story.
    weeks
        Data.
    priors
        Parameter -> prior, complete.

    Returns
    -------
    :
        The target.

    Raises
    ------
    UnusableInput
        If a cell begins where the prior of its content cannot be.
    ValueError
        If a prior has a form that the closed integrals cannot use.

    Examples
    --------
    >>> from megabar.inference.hypotheses import hypothesis
    >>> from megabar.inference.priors import PRIORS
    >>> cell = CellWeeks(cell="A", elapsed=[0.0, 30.0, 60.0], h_per_metal=[10.5, 6.4, 4.0],
    ...                  independent_std=[0.4, 0.3, 0.3], relative_std=[0.0, 0.0, 0.0],
    ...                  common_relative_std=0.05)
    >>> story = target(hypothesis("first"), Weeks(cells=(cell,)), PRIORS["lah10"])
    >>> story.names
    ('initial_content[A]', 'final_content', 'half_time', 'size_spread', 'noise_excess')
    >>> story.log_likelihood(np.zeros((1, 5))).shape
    (1,)
    """
    for cell in weeks.cells:
        _check_start(cell, priors)
    return _target(hypothesis, weeks, priors)


def draw(
    hypothesis: Hypothesis,
    weeks: Weeks,
    priors: Mapping[str, Prior],
    generator: np.random.Generator,
) -> tuple[dict[str, float], Weeks]:
    """Draw a truth from the priors, and weeks of it.

    Parameters
    ----------
    hypothesis
        The story that is true.
    weeks
        The design: days, errors, witnesses and facts; its values do not matter.
    priors
        Parameter -> prior, complete.
    generator
        Source of chance.

    Returns
    -------
    :
        Name -> true value, and the weeks.
    """
    made = _target(hypothesis, weeks, priors)
    z = generator.normal(size=(1, made.dimension))
    truth = {name: float(one[0]) for name, one in made.values(z).items()}
    return truth, made.simulate(z[0], generator)


def _check_start(cell: CellWeeks, priors: Mapping[str, Prior]) -> None:
    """Refuse a first content far above its prior, or far below it on the day of the heating."""
    low, centre, high = priors["initial_content"].value_from_standard(np.array([-1.0, 0.0, 1.0]))
    first = float(cell.h_per_metal[0])
    common = cell.common_relative_std
    relative = 0.1 if common is None else common
    own = 0.5
    if cell.independent_std is not None and cell.relative_std is not None:
        own = float(np.hypot(cell.independent_std[0], cell.relative_std[0] * first))
    std = float(np.sqrt(own**2 + (relative * first) ** 2 + ((high - low) / 2) ** 2))
    early = cell.elapsed[0] < priors["half_time"].value_from_standard(-3.0)
    miss = (first - float(centre)) / std
    if miss > _REFUSED or (early and miss < -_REFUSED):
        msg = (
            f"Found that cell {cell.cell} begins at {first:.3g} H per metal, {abs(miss):.0f} "
            f"standard deviations from the prior ({priors['initial_content'].sentence}), so every "
            "story would be judged by that alone. Give a file of priors with the initial_content "
            "of this sample."
        )
        raise UnusableInput(msg)


def _target(hypothesis: Hypothesis, weeks: Weeks, priors: Mapping[str, Prior]) -> Target:
    rows = layout(hypothesis, weeks, priors)
    moved, alone = blocks_of(weeks, hypothesis, priors)
    return Target(
        hypothesis=hypothesis, weeks=weeks, priors=priors, layout=rows, moved=moved, alone=alone,
        numbers=numbers_of(hypothesis, weeks, rows, moved, alone),
    )  # fmt: skip


def _drawn_contents(
    v: Array, numbers: kernels.Numbers, model: Array, generator: np.random.Generator
) -> Array:
    """Contents with noise, an error of the scale of each cell, and a gain that walks."""
    rate = likelihood.walk_rate(v, numbers)
    out, noise = np.empty(numbers.content.size), np.empty(numbers.content.size)
    likelihood.fill_noise(v, numbers, model, noise)
    for cell in range(numbers.content_starts.size - 1):
        begin, end = numbers.content_starts[cell], numbers.content_starts[cell + 1]
        place = numbers.point[begin:end]
        days = numbers.days[place]
        scale = np.sqrt(likelihood.scale_of_cell(v, numbers, cell)) * generator.normal()
        steps = np.sqrt(rate * np.diff(days, prepend=0.0))
        walk = np.cumsum(steps * generator.normal(size=days.size))
        own = np.sqrt(noise[begin:end]) * generator.normal(size=days.size)
        out[begin:end] = model[place] * (1 + scale + walk) + own
    return out
