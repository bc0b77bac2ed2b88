"""Models: Jacobians, sums, names, bounds."""

import pickle

import numpy as np
import pytest
from tests.batteries.fitters import check_model
from tests.batteries.lineshapes import check_lineshape

from megabar import fitting
from megabar.fitting import models

TIMES = np.concatenate([-1e-6 * np.arange(5, 0, -1), 4e-6 + 1e-6 * np.arange(60)])
LATE = 5e-6 + 1e-6 * np.arange(64)
AXIS = np.linspace(-30.0, 50.0, 161)
DELAYS = np.concatenate([[0.0], np.geomspace(0.01, 20.0, 40)])

DECAY = {"frequency": 2.3e4, "fwhm": 8e3, "fwhm_gaussian": 9e3, "fwhm_lorentzian": 4e3}
LINE = {"frequency": 3.0, "fwhm": 8.0, "fwhm_gaussian": 6.0, "fwhm_lorentzian": 5.0}
CURVE = {
    "time_constant": 2.0,
    "stretching": 0.7,
    "time_constant_fast": 0.5,
    "time_constant_slow": 4.0,
}
PAIR = {"frequency_1": 3.0, "fwhm_1": 8.0, "frequency_2": -5.0, "fwhm_2": 3.0}

MODELS = {
    "lorentzian decay": (fitting.fid_lorentzian(), DECAY, TIMES),
    "gaussian decay": (fitting.fid_gaussian(), DECAY, TIMES),
    "voigt decay": (fitting.fid_voigt(), DECAY, TIMES),
    "decay of known phase": (fitting.fid_voigt(phase=0.7), DECAY, TIMES),
    "solid echo": (fitting.solid_echo(fitting.fid_voigt(), echo_delay=2e-5), DECAY, TIMES),
    "spectrum": (
        fitting.transformed(fitting.fid_voigt(), LATE, zero_fill=2),
        DECAY,
        fitting.frequency_grid(LATE, zero_fill=2)[20:90],
    ),
    "complex spectrum": (
        fitting.transformed(fitting.fid_lorentzian(), LATE, part="complex"),
        DECAY,
        fitting.frequency_grid(LATE),
    ),
    "lorentzian line": (fitting.line_lorentzian(), LINE, AXIS),
    "gaussian line": (fitting.line_gaussian(), LINE, AXIS),
    "voigt line": (fitting.line_voigt(), LINE, AXIS),
    "line and background": (
        fitting.combine(fitting.line_voigt(), background=2),
        LINE,
        AXIS,
    ),
    "two lines and background": (
        fitting.combine(fitting.line_lorentzian(), fitting.line_gaussian(), background=1),
        PAIR,
        AXIS,
    ),
    "sum within a sum": (
        fitting.combine(
            fitting.combine(fitting.line_lorentzian(), background=1), fitting.line_gaussian()
        ),
        PAIR,
        AXIS,
    ),
    "exponential decay": (fitting.exponential_decay(), CURVE, DELAYS),
    "exponential decay and offset": (fitting.exponential_decay(offset=True), CURVE, DELAYS),
    "stretched decay": (fitting.stretched_decay(), CURVE, DELAYS),
    "biexponential decay": (fitting.biexponential_decay(offset=True), CURVE, DELAYS),
    "recovery": (fitting.recovery(), CURVE, DELAYS),
    "inversion recovery": (fitting.recovery(initial=-1.0), CURVE, DELAYS),
    "stretched recovery": (fitting.stretched_recovery(), CURVE, DELAYS),
    "stretched saturation recovery": (fitting.stretched_recovery(initial=0.0), CURVE, DELAYS),
    "two-component recovery": (fitting.two_component_recovery(), CURVE, DELAYS),
    "two known recoveries": (fitting.two_component_recovery(initial=0.0), CURVE, DELAYS),
}


@pytest.mark.parametrize("name", MODELS)
def test_jacobian_is_the_derivative_of_the_basis(name: str) -> None:
    check_model(*MODELS[name])


@pytest.mark.parametrize("name", MODELS)
def test_models_travel_to_other_processes(name: str) -> None:
    model, theta, x = MODELS[name]
    again = pickle.loads(pickle.dumps(model))  # noqa: S301 - our own bytes
    values = np.array([theta[key] for key in model.parameters])
    np.testing.assert_array_equal(again.basis(x, values), model.basis(x, values))


@pytest.mark.parametrize(
    ("model", "widths", "fwhm"),
    [
        (fitting.line_lorentzian(), [8.0], 8.0),
        (fitting.line_gaussian(), [8.0], 8.0),
        (
            fitting.line_voigt(),
            [6.0, 5.0],
            float(fitting.voigt_fwhm(fwhm_gaussian=6.0, fwhm_lorentzian=5.0)),
        ),
        (
            fitting.line_voigt(),
            [0.05, 5.0],
            float(fitting.voigt_fwhm(fwhm_gaussian=0.05, fwhm_lorentzian=5.0)),
        ),
    ],
)
def test_lines_have_unit_area_and_their_width(
    model: fitting.Model, widths: list[float], fwhm: float
) -> None:
    check_lineshape(lambda x: model.basis(x, np.array([3.0, *widths]))[0], centre=3.0, fwhm=fwhm)


def test_sum_is_the_sum_of_its_parts() -> None:
    pair = fitting.combine(fitting.line_lorentzian(), fitting.line_gaussian(), background=1)
    values = [1.0, 4.0, -5.0, 3.0, 10.0, 20.0, 0.3, 0.1]
    u = (AXIS - 10.0) / 40.0
    expected = (
        fitting.line_lorentzian().evaluate(AXIS, [1.0, 4.0, 10.0])
        + fitting.line_gaussian().evaluate(AXIS, [-5.0, 3.0, 20.0])
        + 0.3
        + 0.1 * u
    )
    np.testing.assert_allclose(pair.evaluate(AXIS, values), expected, rtol=1e-13)


def test_complex_amplitude_is_reported_as_two_reals() -> None:
    model = fitting.fid_lorentzian()
    signal = model.evaluate(TIMES, [2e3, 5e3, 3.0, -4.0])
    known = fitting.fid_lorentzian(phase=np.angle(3 - 4j)).evaluate(TIMES, [2e3, 5e3, 5.0])
    np.testing.assert_allclose(signal, known, rtol=1e-13)


def test_combine_refuses_real_beside_complex_amplitudes() -> None:
    with pytest.raises(ValueError, match="phase would be known for one part only"):
        fitting.combine(fitting.fid_lorentzian(), fitting.fid_gaussian(phase=0.0))


def test_combine_refuses_nothing() -> None:
    with pytest.raises(ValueError, match="no model to combine"):
        fitting.combine()


def test_combine_refuses_a_wrong_number_of_labels() -> None:
    with pytest.raises(ValueError, match="1 labels for 2 models"):
        fitting.combine(fitting.line_gaussian(), fitting.line_gaussian(), labels=["a"])


def test_combine_refuses_a_negative_background_order() -> None:
    with pytest.raises(ValueError, match="background order -1"):
        fitting.combine(fitting.line_gaussian(), background=-1)


def test_model_refuses_a_name_twice() -> None:
    with pytest.raises(ValueError, match="'fwhm' twice"):
        models.Model(
            name="odd",
            parameters=("fwhm",),
            amplitudes=("fwhm",),
            basis=lambda x, theta: x,
            basis_jacobian=lambda x, theta: x,
            lower=(0.0,),
            upper=(1.0,),
        )


def test_model_refuses_missing_bounds() -> None:
    with pytest.raises(ValueError, match="1 parameters with 0 lower"):
        models.Model(
            name="odd",
            parameters=("fwhm",),
            amplitudes=("area",),
            basis=lambda x, theta: x,
            basis_jacobian=lambda x, theta: x,
            lower=(),
            upper=(),
        )


def test_unknown_name_gets_the_nearest_one() -> None:
    with pytest.raises(ValueError, match="Did you mean fwhm"):
        models.index_of(fitting.line_gaussian(), "fwmh")


def test_package_names_what_it_has() -> None:
    for name in dir(fitting):
        assert getattr(fitting, name) is not None
    with pytest.raises(AttributeError, match="has no 'curve_fit'"):
        _ = fitting.curve_fit
