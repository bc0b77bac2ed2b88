"""Make the frozen files of this folder with csdmpy 0.7.0; run it as a script."""

from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent


def signal() -> np.ndarray:
    """Give three decays of 16 points, exact in binary."""
    number = np.arange(48.0).reshape(3, 16)
    return (number - 20) / 8 + 1j * (number % 5) / 4


def main() -> None:
    import csdmpy

    time = csdmpy.LinearDimension(
        count=16, increment="2 us", coordinates_offset="-6 us", label="13C time"
    )
    time.reciprocal.origin_offset = "100.5 MHz"
    time.reciprocal.coordinates_offset = "1.5 kHz"
    delays = csdmpy.MonotonicDimension(coordinates=["1 ms", "20 ms", "3 s"])
    variable = csdmpy.as_dependent_variable(signal(), quantity_type="scalar")
    dataset = csdmpy.CSDM(dimensions=[time, delays], dependent_variables=[variable])
    for encoding in ("base64", "none"):
        dataset.dependent_variables[0].encoding = encoding
        dataset.save(str(HERE / f"{encoding}.csdf"))
    dataset.dependent_variables[0].encoding = "raw"
    dataset.save(str(HERE / "raw.csdfe"))


if __name__ == "__main__":
    main()
