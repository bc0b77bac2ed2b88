"""How kernels are compiled that only compiled code calls."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar

import numba

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


def inner_kernel(function: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
    """Compile a function that Python never calls.

    An entry for Python unpacks every argument and takes as long to compile as a small law itself;
    without it a first release starts a quarter sooner.

    Parameters
    ----------
    function
        Of arrays and numbers.

    Returns
    -------
    :
        The kernel, for use inside other kernels.
    """
    # the stubs of numba do not know this option
    compiled: Callable[Parameters, Result] = numba.njit(
        cache=True, error_model="numpy", no_cpython_wrapper=True
    )(function)  # type: ignore[call-overload]
    return compiled
