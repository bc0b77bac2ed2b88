"""One finding of an audit of published numbers: what is printed, what it gives, what follows.

Twin: ``observables.audit_inputs``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from megabar.errors import one_of
from megabar.observables.diffusivity_audit import AuditRow

if TYPE_CHECKING:
    from collections.abc import Mapping

STATUSES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "inconsistent": "printed numbers contradict each other or their own arithmetic",
        "unstated": "a number that decides is not printed",
        "consistent": "the arithmetic gives what is printed",
        "contradicted": "another publication reports the opposite",
        "survives": "a statement that stands whatever becomes of the others",
    }
)
"""Kind of a finding -> what it means."""


@dataclass(frozen=True, kw_only=True)
class Finding(AuditRow):
    """One published number or statement with its arithmetic.

    Parameters
    ----------
    subject
        A few words that name it.
    status
        One of :data:`STATUSES`.
    inputs
        Names of the printed numbers that it starts from.
    numbers
        What was computed, name -> value in SI, as far as the sentences show it.

    Examples
    --------
    >>> one = Finding(subject="sum", status="consistent", claim="1 + 1 = 2", arithmetic="2",
    ...               verdict="Agrees", numbers={"sum": 2.0})
    >>> one.sentence
    '1 + 1 = 2. 2. Agrees.'
    """

    subject: str
    status: str
    inputs: tuple[str, ...] = ()
    numbers: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        one_of(self.status, STATUSES, name="status of a finding")


def in_ppm(value: float) -> str:
    """Write a shift with its sign.

    Parameters
    ----------
    value
        A fraction.

    Returns
    -------
    :
        In ppm.

    Examples
    --------
    >>> in_ppm(-2800e-6)
    '-2800 ppm'
    """
    return f"{1e6 * value:+.0f} ppm"
