"""What may be measured, what is refused, and what a width leaves to the sample."""

import numpy as np
import pytest

from megabar import errors
from megabar.observables.measured_times import MeasuredTimes, larmor_frequency_from_field


def measured(**words):
    return MeasuredTimes(**{"larmor_frequency": 395e6, "correlation": 0.0} | words)


def voigt_fwhm(lorentzian, gaussian):
    """Of the convolution itself, on a grid."""
    from scipy.optimize import brentq
    from scipy.special import voigt_profile

    sigma = gaussian / np.sqrt(8 * np.log(2))
    half = voigt_profile(0.0, sigma, lorentzian / 2) / 2
    return 2 * brentq(lambda x: voigt_profile(x, sigma, lorentzian / 2) - half, 0, 1e5)


@pytest.mark.parametrize("gaussian", [10.0, 300.0, 1000.0, 3000.0])
def test_width_left_to_the_sample_is_the_lorentzian_of_a_voigt_line(gaussian):
    seen = measured(fwhm=(voigt_fwhm(1000.0, gaussian), 0.0), instrumental_fwhm=gaussian)
    assert seen.rate_of_width[0] / np.pi == pytest.approx(1000.0, rel=2e-3)


def test_error_of_the_width_left_grows_where_the_instrument_dominates():
    wide, narrow = (
        measured(fwhm=(1350.0, 10.0), instrumental_fwhm=width).rate_of_width
        for width in (1200.0, 0.0)
    )
    assert narrow == pytest.approx((np.pi * 1350, np.pi * 10), rel=1e-4)
    shifted = measured(fwhm=(1360.0, 10.0), instrumental_fwhm=1200.0).rate_of_width
    assert shifted[0] - wide[0] == pytest.approx(wide[1], rel=0.05)
    assert wide[1] > 1.2 * narrow[1]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"t1rho": (1e-3, 1e-5)}, "Found T1rho without its locking field"),
        ({"t1rho": (1e-3, 1e-5), "locking_frequency": -1.0}, "a locking field of -1 Hz"),
        ({"fwhm": (-1.0, 0.1)}, "Found fwhm = -1 Hz"),
        ({"fwhm": (100.0, 1.0), "instrumental_fwhm": 100.0}, "nothing is left for the sample"),
        ({"t1": (np.nan, 0.1)}, "Found t1 = nan s"),
    ],
)
def test_impossible_inputs_are_refused(words, message):
    with pytest.raises(ValueError, match=message):
        measured(**words)


def test_sequence_of_t2_is_a_word_of_the_closed_list():
    assert measured(t2_sequence="hahn-echo").t2_sequence == "hahn-echo"
    with pytest.raises(errors.UnknownWord, match="sequence of T2 'han-echo'"):
        measured(t2_sequence="han-echo")


def test_what_was_not_measured_is_named():
    with pytest.raises(ValueError, match="Found no T1rho"):
        _ = measured().r1rho
    with pytest.raises(ValueError, match="Found no width"):
        _ = measured().rate_of_width


def test_field_of_9_28_tesla_is_395_mhz():
    assert larmor_frequency_from_field(field=9.2774) == pytest.approx(395e6, rel=1e-4)
    with pytest.raises(ValueError, match="Found a field of -1 T"):
        larmor_frequency_from_field(field=-1.0)
