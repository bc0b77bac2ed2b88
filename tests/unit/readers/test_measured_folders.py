"""Every measured table, text and exchange file reads, and nothing private travels with it."""

import numpy as np
import pytest
from tests.batteries.readers import check_privacy
from tests.realdata import data_path, measured

from megabar import schemas
from megabar.readers.registry import read

NOTED = {"source_kind": "digitised", "note": "retracted"}
FOLDERS = {
    "rt-nb-ppms-250308": ("*.dat", {"channel": 1}),
    "rt-csh-vector-extracted-B/CSH-Fig1a": (
        "*.csv",
        {"columns": {"temperature": "Temp in K", "resistance": "R in ohm"}, **NOTED},
    ),
    "rt-csh-vector-extracted-B/CSH-Fig2b": (
        "*.csv",
        {"columns": {"temperature": "Temp in K", "resistance": "R in ohm"}, **NOTED},
    ),
    "rt-csh-vector-extracted-B/GeSe4-FigB4": (
        "*.csv",
        {
            "columns": {"temperature": "column 1 in K", "resistance": "column 2 in ohm"},
            "source_kind": "digitised",
        },
    ),
    "rt-cuprate-padova/Data_arduino": (
        "*.dat",
        {"columns": {"temperature": "Tdito", "voltage": "Vout"}, "source_kind": "log"},
    ),
    "hydrogen-uptake-release-B/surface_model/dunand": (
        "*.csv",
        {"columns": {"temperature": "Temperature", "flux": "Flux"}},
    ),
    "hydrogen-uptake-release-B/surface_model/hirooka": (
        "*.csv",
        {"columns": {"time": "x", "h_per_metal": "y"}, "time_unit": "unknown"},
    ),
    "hydrogen-uptake-release-B/thermodesorption_spectra/dark": (
        "*.csv",
        {"columns": {"temperature": "column 1 in K", "release_rate": "column 2 in D/s"}},
    ),
    "kinetics-ab2-B/Raw Data": ("*.csv", {"time_unit": "unknown"}),
    "raman-ruby": (
        "*.txt",
        {"columns": {"raman_shift": "column 1 in cm-1", "intensity": "column 2"}},
    ),
    "csdm-nmr": (
        "*.csdf*",
        {"nucleus": "13C", "sense": -1, "array": "dimension 0", "array_as": "delay"},
    ),
}


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_file_of_the_folder_reads_and_keeps_secrets(folder):
    data_path(folder)
    pattern, answers = FOLDERS[folder]
    files = [path for path in measured(folder) if path.match(pattern)]
    assert files
    for path in files:
        found = read(path, **answers)
        schemas.check(found)
        check_privacy(found, path)
        for name in found.coords:
            if found[name].dtype.kind == "f":
                assert np.isfinite(found[name].values).all(), (path.name, name)
