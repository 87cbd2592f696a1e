"""The compiled axis: one per process, made on first use."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .physiology import axis, body, parameters
from .physiology.constants import REFERENCE_AGE, REFERENCE_BMI
from .physiology.observables import observables
from .physiology.states import Inputs, State

if TYPE_CHECKING:
    from .engine.codegen.compile import Kernel
    from .engine.trace.expression import TracedSystem

Array = NDArray[np.float64]
STATES = State._fields
CHANNELS = Inputs._fields
MATURATION = STATES.index("sertoli_maturation")
YEARS = STATES.index("years_gained")
NO_INPUT = np.zeros(len(CHANNELS))
FIRST_STEP, SHORTEST_STEP = 0.25, 1 / 64
"""Share of the way from the typical man's parameters to a man's, where his steady state is sought in steps."""
logger = logging.getLogger(__name__)


def announce_compilation() -> None:
    """Say in the log what takes the time on the first run; the command line shows it."""
    logger.info("compiling the equations (first run only, some seconds) ...")


def pulse(y: Any, p: Any, u: Any) -> tuple[Any, Any]:
    """GnRH pulse frequency (per day), and what one pulse adds to the GnRH signal."""
    frequency, mass = axis.pulse_generator(y, p, u)
    return frequency, p.gnrh_elimination * mass / p.pulse_frequency_reference


def system() -> TracedSystem:
    """The axis traced: rates of its states, the pulse generator, and what is measured."""
    from .engine.trace.expression import trace

    outputs = {"pulse": pulse, "measurements": lambda y, p, u: list(observables(y, p, u).values())}
    return trace(axis.rates, State, parameters.parameter_type(), Inputs, outputs, parameters.PERSONAL)


@cache
def measures() -> tuple[str, ...]:
    """Names of the measurements, in the order of the kernel's output."""
    p = parameters.parameters()
    return tuple(observables(State(*reference_state(p)), p, Inputs()))


def equations() -> str:
    """Digest of all that machine code of the axis is made from: the equations' sources and the order of all numbers.

    The sources are this file and every file of `physiology`. Beside their text: names and order of parameters, which of
    them are each man's own, of states, inputs and measurements.
    """
    from .engine.codegen.cache import digest_of

    order = (parameters.parameter_names(), parameters.PERSONAL, STATES, CHANNELS, measures())
    digest = sha256(repr(order).encode() + Path(__file__).read_bytes())
    digest.update(digest_of(Path(str(axis.__file__)).parent))
    return digest.hexdigest()[:16]


def _compiled(name: str, traced: Callable[[], TracedSystem]) -> Kernel:
    """Machine code for a form of the axis, made anew when the equations change."""
    from .engine.codegen.compile import compiled

    return compiled(f"{name}_{equations()}", traced, announce_compilation)


@cache
def kernel() -> Kernel:
    """Machine code of the axis: rates, their derivatives, pulses and measurements."""
    return _compiled("axis", system)


@cache
def sensitivity_kernel() -> Kernel:
    """Machine code of the axis and its derivative along a direction of the parameters."""
    from .engine.sensitivity import with_sensitivities

    return _compiled("sensitivity", lambda: with_sensitivities(system(), "measurements"))


def reference_state(p: Any) -> Array:
    """The typical man's states from his references: the start of every search for a steady state, and the scale.

    p: parameters of one man (then (n,)) or arrays of those of many ((n, men)).
    """
    after_meiosis = 4 * p.meiosis_survival * p.spermatogonia_entry
    release = after_meiosis * p.spermiogenesis_survival
    state = State(
        androgen_feedback=1,
        estrogen_feedback=1,
        gnrh=1,
        gnrh_recent=1,
        gnrh_receptor=1,
        gonadotrope_capacity=1,
        lh=p.lh_reference,
        lh_peripheral=p.lh_reference * p.lh_to_peripheral / p.lh_from_peripheral,
        fsh=p.fsh_reference,
        leydig_signal=1,
        leydig_recruitment=1,
        leydig_capacity=1,
        leydig_sensitivity=1,
        testicular_aromatase=1,
        intratesticular_testosterone=p.intratesticular_testosterone_reference,
        testosterone=p.testosterone_reference,
        dht=p.dht_reference,
        estradiol=p.estradiol_reference,
        shbg=p.shbg_reference,
        sertoli_maturation=1,
        inhibin_b=p.inhibin_b_reference,
        spermatogonia_1=p.spermatogonia_entry * p.spermatogonia_duration / 2,
        spermatogonia_2=p.spermatogonia_entry * p.spermatogonia_duration / 2,
        spermatocytes_1=p.spermatogonia_entry * p.spermatocyte_duration / 3,
        spermatocytes_2=p.spermatogonia_entry * p.spermatocyte_duration / 3,
        spermatocytes_3=p.spermatogonia_entry * p.spermatocyte_duration / 3,
        round_spermatids_1=after_meiosis * p.round_spermatid_duration / 2,
        round_spermatids_2=after_meiosis * p.round_spermatid_duration / 2,
        elongated_spermatids_1=release * p.elongated_spermatid_duration / 2,
        elongated_spermatids_2=release * p.elongated_spermatid_duration / 2,
        epididymis_1=release * p.spermiation_share * p.epididymal_transit / 2,
        epididymis_2=release * p.spermiation_share * p.epididymal_transit / 2,
        accessory_glands=1,
        leydig_reserve=1,
        gonadotrope_reserve=1,
        tsh=p.tsh_reference,
        free_thyroxine=p.free_thyroxine_reference,
        corticotropin=1,
        cortisol=p.cortisol_reference,
        cortisol_exposure=1,
        prolactin=p.prolactin_reference,
        hematocrit=p.hematocrit_reference,
        ldl=p.ldl_reference,
        hdl=p.hdl_reference,
        bone_spine=p.bone_spine_reference,
        bone_hip=p.bone_hip_reference,
        libido=100,
        mood=100,
        psa=p.psa_reference,
        breast_stimulus=1,
        body_fat=body.body_fat(REFERENCE_BMI, REFERENCE_AGE, 1.0, p),
        lean_mass=100,
        years_gained=1,
    )
    return np.array(np.broadcast_arrays(*state), dtype=float)


def precision(p: Any, pulsatile: bool) -> Array:
    """Sizes of the states (n, or n by men) for the absolute tolerance: a typical man's; of a pulse for the GnRH signal.

    A pulse fades to nothing within the hour, and what is left of it then drives nothing.
    """
    sizes = reference_state(p)
    if pulsatile:
        sizes[STATES.index("gnrh")] *= 1e5
    return sizes


def untreated(p: Any, *, maturation: float = 1.0, guess: Array | None = None) -> Array:
    """Steady state (n,) of an untreated man with these parameters; Sertoli maturation is history, and is held.

    Where Newton's iteration does not find it from the guess (default the typical man's references), the parameters are
    moved from the typical man's to these in steps, each of which begins at the state before. Raises SteadyStateError.
    """
    from .engine.steady import SteadyStateError, steady_state

    def rest(at: Array, start: Array) -> Array:
        start[MATURATION], start[YEARS] = maturation, 0.0
        return steady_state(kernel(), start, at, NO_INPUT, held=(MATURATION, YEARS), names=STATES)

    wanted = np.array(p, dtype=float)
    try:
        return rest(wanted, reference_state(p) if guess is None else np.array(guess))
    except SteadyStateError as error:
        found = _by_continuation(np.array(parameters.parameters(), dtype=float), wanted, rest)
        if found is None:
            raise error from None
        return found


def _by_continuation(typical: Array, wanted: Array, rest: Callable[[Array, Array], Array]) -> Array | None:
    """The steady state at `wanted`, from the typical man's in steps that are halved where they are too long."""
    from .engine.steady import SteadyStateError

    positive = (typical > 0) & (wanted > 0)
    ratio = np.log(np.where(positive, wanted, 1.0) / np.where(positive, typical, 1.0))
    state, done, step = reference_state(parameters.parameters()), 0.0, FIRST_STEP
    while done < 1:
        to = min(done + step, 1.0)
        at = np.where(positive, typical * np.exp(to * ratio), typical + to * (wanted - typical))
        try:
            state, done, step = rest(wanted if to == 1 else at, state.copy()), to, 2 * step
        except SteadyStateError:
            step /= 2
            if step < SHORTEST_STEP:
                return None
    return state


def untreated_many(p: Array, maturation: float = 1.0, guess: Array | None = None) -> tuple[Array, NDArray[np.int64]]:
    """Steady states (men, n) of untreated men with parameters (men, parameters); and -1 or the state that has none.

    guess (n,): where the search begins, default the typical man's.
    """
    from .engine.steady import steady_states

    guess = np.tile(reference_state(parameters.parameters()) if guess is None else guess, (len(p), 1))
    guess[:, MATURATION], guess[:, YEARS] = maturation, 0.0
    return steady_states(kernel(), guess, p, NO_INPUT, held=(MATURATION, YEARS))
