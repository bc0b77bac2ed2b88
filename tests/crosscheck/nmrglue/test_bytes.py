"""nmrglue reads the same numbers from the same files, where its reader takes them."""

import numpy as np
import pytest
from tests.realdata import data_path, shipped

from megabar.readers.registry import read

nmrglue = pytest.importorskip("nmrglue")


def test_bruker_rows_are_the_same():
    _, theirs = nmrglue.bruker.read(str(shipped("bruker-t1rho")), read_acqus=True)
    ours = read(shipped("bruker-t1rho")).signal.values
    np.testing.assert_array_equal(ours, theirs[:, : ours.shape[1]])


def test_big_endian_bruker_rows_are_the_same():
    _, theirs = nmrglue.bruker.read(str(shipped("bruker-t1-low-field")))
    ours = read(shipped("bruker-t1-low-field"), nucleus="1H").signal.values
    np.testing.assert_array_equal(ours, theirs[:, : ours.shape[1]])


def test_tecmag_rows_are_the_same():
    _, theirs = nmrglue.tecmag.read(str(shipped("tecmag-t1.tnt")))
    ours = read(shipped("tecmag-t1.tnt"), nucleus="1H", array="de6").signal.values
    np.testing.assert_array_equal(ours, theirs[:, :, 0, 0].T)


def test_tecmag_tables_are_the_same():
    theirs = nmrglue.tecmag.guess_tables(str(shipped("tecmag-t1.tnt")))["de6:2"]
    ours = read(shipped("tecmag-t1.tnt"), nucleus="1H", array="de6").delay.values
    np.testing.assert_allclose(ours, theirs, rtol=1e-12)


def test_varian_points_are_the_same():
    _, theirs = nmrglue.varian.read(str(shipped("varian-1h.fid")))
    np.testing.assert_array_equal(read(shipped("varian-1h.fid")).signal.values[0], theirs)


def test_jeol_points_are_the_same():
    header, theirs = nmrglue.jeol.read(str(shipped("jeol-1h.jdf")))
    ours = read(shipped("jeol-1h.jdf"))
    np.testing.assert_array_equal(ours.signal.values[0], theirs)
    assert header["parameters"]["x_sweep"] == pytest.approx(
        1 / np.diff(ours.time.values[:2])[0], rel=1e-9
    )


def test_packed_spectra_are_the_same():
    _, theirs = nmrglue.jcampdx.read(str(shipped("jcamp-1h.jdx")))
    ours = read(shipped("jcamp-1h.jdx")).spectrum.values[0].real[::-1]
    np.testing.assert_allclose(ours, theirs, rtol=1e-12)


def test_measured_tecmag_signal_is_the_same():
    path = data_path("tecmag-B/T1r_F1/HHMBT1r_single_res.tnt")
    _, theirs = nmrglue.tecmag.read(str(path))
    ours = read(path, nucleus="1H", array="de3").signal.values
    np.testing.assert_array_equal(ours, theirs[:, :, 0, 0].T)
