"""csdmpy 0.7.0, an independent reader and writer of CSDM, judges ours in both directions."""

from pathlib import Path

import numpy as np
import pytest

from megabar import schemas
from megabar.readers import csdm
from megabar.readers.registry import read

HERE = Path(__file__).resolve().parent


@pytest.mark.parametrize("name", ["base64.csdf", "none.csdf", "raw.csdfe"])
def test_files_written_by_csdmpy_read_as_what_went_in(name):
    number = np.arange(48.0).reshape(3, 16)
    expected = (number - 20) / 8 + 1j * (number % 5) / 4
    found = read(HERE / name, nucleus="13C", array_as="delay")
    np.testing.assert_array_equal(found.signal.values, expected)
    np.testing.assert_allclose(found.time.values, np.arange(16) * 2e-6 - 6e-6, atol=1e-18)
    np.testing.assert_allclose(found.delay.values, [1e-3, 20e-3, 3.0], rtol=1e-14)
    assert found.attrs["carrier_frequency"] == pytest.approx(100.5e6 + 1.5e3)


@pytest.mark.parametrize(
    ("name", "encoding"), [("a.csdf", "base64"), ("a.csdf", "none"), ("a.csdfe", "base64")]
)
def test_csdmpy_reads_what_we_write(tmp_path, name, encoding):
    csdmpy = pytest.importorskip("csdmpy", reason="csdmpy is an oracle, not a dependency")
    rng = np.random.default_rng(12)
    ours = schemas.acquisition(
        rng.normal(size=(8, 1024)) + 1j * rng.normal(size=(8, 1024)),
        time=np.arange(1024) * 5e-7 - 4e-5,
        step={"delay": np.geomspace(1e-3, 5, 8)},
        attrs={
            "nucleus": "1H",
            "carrier_frequency": 395.1e6,
            "n_scans": 16.0,
            "sequence": "saturation-recovery",
            "repetition_time": 1.0,
            "dead_time": 5e-6,
            "cell": "c",
            "source": "s",
            "source_sha256": "0",
        },
    )
    csdm.write(ours, tmp_path / name, encoding=encoding)
    theirs = csdmpy.load(str(tmp_path / name))
    np.testing.assert_array_equal(theirs.y[0].components[0], ours.signal.values)
    np.testing.assert_allclose(theirs.x[0].coordinates.to("s").value, ours.time.values, rtol=1e-12)
    assert theirs.x[0].reciprocal.origin_offset.to("Hz").value == 395.1e6
    assert theirs.x[1].count == 8
