"""What every stage must do: leave its input alone, hand out what its schema says, repeat itself."""

import copy
from collections.abc import Callable

import numpy as np
import xarray as xr

from megabar import schemas


def check_stage(
    stage: Callable[[xr.Dataset], xr.Dataset], dataset: xr.Dataset, *, schema: str, recorded: str
) -> xr.Dataset:
    """Run a stage twice; give its result for further questions.

    ``schema`` is that of the result, ``recorded`` how the last entry of its processing starts.
    """
    before = dataset.copy(deep=True)
    before.attrs = copy.deepcopy(dataset.attrs)
    for variable in dataset.variables.values():
        if variable.dtype.kind in "fciu":
            variable.values.flags.writeable = False
    result = stage(dataset)
    again = stage(dataset)

    assert dataset.identical(before), "the input was changed"
    assert result is not dataset
    schemas.check(result, schema)
    assert result.identical(again), "the same input gave two results"
    for name in result.data_vars:
        if name in dataset:
            assert result[name].attrs == dataset[name].attrs
    calls = schemas.processing_of(result)
    known = schemas.processing_of(dataset)
    assert calls[: len(known)] == known
    assert len(calls) > len(known)
    assert calls[-1].startswith(recorded)
    assert result["started_at"].identical(dataset["started_at"])
    for name, coordinate in dataset.coords.items():
        if coordinate.dims == ("step",) and result.sizes["step"] == dataset.sizes["step"]:
            np.testing.assert_array_equal(result[name].values, coordinate.values)
    for name in ("nucleus", "carrier_frequency", "n_scans", "sequence", "cell", "source"):
        assert result.attrs[name] == dataset.attrs[name]
    return result
