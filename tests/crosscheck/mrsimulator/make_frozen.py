"""Make the frozen patterns of this folder with mrsimulator 1.0.0; run it as a script.

    python make_frozen.py

Takes the documents *.mrsim.json that ``megabar.readers.mrsimulator`` has written, and keeps of each
method the mean, the standard deviation and the density broadened by a Gaussian, at 201 places.
"""

import json
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
PLACES = 201


def main() -> None:
    import mrsimulator

    found = {"program": "mrsimulator", "version": mrsimulator.__version__, "jobs": {}}
    for path in sorted(HERE.glob("*.mrsim.json")):
        document = json.loads(path.read_text(encoding="ascii"))
        job = mrsimulator.Simulator.parse_dict_with_units(document)
        job.run(pack_as_csdm=False)
        found["jobs"][path.name] = [_kept(method) for method in job.methods]
    text = json.dumps(found, indent=1)
    (HERE / "frozen.json").write_text(f"{text}\n", encoding="ascii")


def _kept(method) -> dict:
    axis = method.spectral_dimensions[0]
    lines = np.asarray(method.simulation[0]).real.ravel()
    frequency = (np.arange(axis.count) - axis.count // 2) * axis.spectral_width / axis.count
    share = lines / lines.sum()
    mean = float(share @ frequency)
    deviation = float(np.sqrt(share @ (frequency - mean) ** 2))
    fwhm = axis.spectral_width / 100
    time = np.fft.rfftfreq(axis.count, axis.spectral_width / axis.count)
    window = np.exp(-((np.pi * fwhm * time) ** 2) / (4 * np.log(2)))
    broad = np.fft.irfft(np.fft.rfft(share) * window, axis.count)
    chosen = np.linspace(0, axis.count - 1, PLACES).round().astype(int)
    return {
        "name": method.name,
        "mean": mean,
        "deviation": deviation,
        "fwhm": fwhm,
        "frequency": frequency[chosen].tolist(),
        "density": [float(f"{value:.8g}") for value in broad[chosen]],
    }


if __name__ == "__main__":
    main()
