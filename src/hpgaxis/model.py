"""The model: the axis's equations and parameters, a user's organs, and the kernel compiled from them.

Several models can run in one process: models with the same equations share machine code.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .errors import InputError
from .files import shown
from .measurements.registry import MEASUREMENTS, Measurement
from .pharmacology.drug import Drug, DrugError
from .pharmacology.library import DrugLibrary
from .pharmacology.overrides import OverrideError, split
from .physiology import axis, parameters, reference
from .physiology.constants import REFERENCE_AGE, REFERENCE_BMI
from .physiology.observables import observables
from .physiology.states import Inputs, State
from .units import MOLAR_MASS

if TYPE_CHECKING:
    from .engine.codegen.compile import Kernel
    from .engine.trace.expression import TracedSystem

Array = NDArray[np.float64]
Numbers = tuple[tuple[str, float], ...]
"""Names and values."""
CHANNELS = Inputs._fields
NO_INPUT = np.zeros(len(CHANNELS))
HELD = ("sertoli_maturation", "sertoli_growth", "years_gained")
"""States that the search for a steady state holds fixed: the patient's history."""
FROM_ABOVE = "spermatogonia_activity"
"""State from whose reference every search begins: it gathers pace as it rises, and from below many men are missed."""
FIRST_STEP, SHORTEST_STEP = 0.25, 1 / 64
"""Steps of the continuation from the typical man's parameters to a patient's, as shares of the distance."""
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Organ:
    """Equations that a user adds to the axis.

    Parameters
    ----------
    name : of the organ, for messages.
    states : state -> level in the typical man at rest, the first guess of its steady state.
    rates : (y, p, u, rates) -> rate (per day) of each of its states, and of any state of the axis that it changes.
        y, p, u: states, parameters and inputs by name; rates: those of the axis. They are numbers, arrays or symbols,
        so that only `+ - * / **` and the functions of `physiology.response` may be used.
    parameters : parameter -> value in the typical man.
    measurements : added measurements.
    measure : (y, p, u) -> value of each of its measurements, in the model's units.

    Examples
    --------
    >>> organ = Organ("kisspeptin", {"kisspeptin": 1.0}, lambda y, p, u, rates: {"kisspeptin": 1 - y.kisspeptin})
    >>> Model.default().with_organ(organ).states[-1]
    'kisspeptin'
    """

    name: str
    states: Mapping[str, float] = field(default_factory=dict, hash=False)
    rates: Callable[[Any, Any, Any, Any], Mapping[str, Any]] | None = None
    parameters: Mapping[str, float] = field(default_factory=dict, hash=False)
    measurements: tuple[Measurement, ...] = ()
    measure: Callable[[Any, Any, Any], Mapping[str, Any]] | None = None


@dataclass(frozen=True)
class Model:
    """Equations with their parameters. Immutable: `with_...` methods return another model.

    Attributes
    ----------
    organs : organs that the user added to the axis.
    typical : the typical man's parameters in place of the shipped ones.
    constants : constants of drugs (drug.mechanism.analyte) in place of the library's.
    drugs : library of drugs for sentences and event tables.

    Examples
    --------
    >>> model = Model.default().with_parameters(lh_reference=5.0)
    >>> model.parameters().lh_reference
    5.0
    """

    organs: tuple[Organ, ...] = ()
    typical: Numbers = ()
    constants: Numbers = ()
    drugs: DrugLibrary = field(default_factory=DrugLibrary.shipped, hash=False)

    @classmethod
    def default(cls) -> Model:
        """The shipped model."""
        return _DEFAULT

    def with_parameters(self, parameters: Mapping[str, float] | None = None, **values: float) -> Model:
        """The model with other values of the typical man's parameters and of drugs' constants.

        Parameters
        ----------
        parameters, **values : name -> value, in the units of `hpg describe NAME`. Names of drugs' constants hold dots,
            so they fit in the mapping alone.

        Raises
        ------
        OverrideError
            A name that does not exist, a trait of one man, or an impossible value.
        """
        given = {**(parameters or {}), **values} if isinstance(parameters, Mapping | None) else parameters
        added = [name for organ in self.organs for name in organ.parameters]
        numbers, constants = split(given, "parameters=", self.drugs, added)
        if not numbers and not constants:
            return self
        return replace(
            self,
            typical=tuple({**dict(self.typical), **numbers}.items()),
            constants=tuple({**dict(self.constants), **constants}.items()),
        )

    def with_posterior_sample(self, sample: Mapping[str, float]) -> Model:
        """The model with a sample of the posterior; values and drugs that the user has set stay."""
        shipped = DrugLibrary.shipped()
        own_drugs = {name for name, drug in self.drugs.items() if shipped.get(name) != drug}
        held = {*dict(self.typical), *dict(self.constants)}
        return self.with_parameters(
            {n: v for n, v in sample.items() if n not in held and n.partition(".")[0] not in own_drugs}
        )

    def with_drugs(self, drugs: DrugLibrary | Drug | Iterable[Drug] | str | Path) -> Model:
        """The model with further drugs beside its own, in place of those with the same names.

        Parameters
        ----------
        drugs : a Drug, several, or a folder of drug files; a DrugLibrary takes the place of the model's library.

        Raises
        ------
        DrugError
            No such folder, a file with a fault, or what is no Drug.

        Examples
        --------
        >>> anastrozole = Model.default().drugs["anastrozole"]
        >>> generic = anastrozole.model_copy(update={"name": "generic", "aliases": ()})
        >>> "generic" in Model.default().with_drugs(generic).drugs
        True
        """
        if isinstance(drugs, DrugLibrary):
            return replace(self, drugs=drugs)
        if isinstance(drugs, str | Path):
            return replace(self, drugs=self.drugs.with_folder(drugs))
        if not isinstance(drugs, Drug | Iterable):
            raise DrugError(f"drugs = {shown(drugs)}: expected a Drug, several, a DrugLibrary or a folder")
        added = [drugs] if isinstance(drugs, Drug) else list(drugs)
        return replace(self, drugs=DrugLibrary([*self.drugs.values(), *added]))

    def with_organ(self, organ: Organ) -> Model:
        """The model with an organ, compiled on its first use. Raises InputError for a name in use."""
        measured = [entry.name for entry in organ.measurements]
        taken = [name for name in organ.states if name in self.states]
        taken += [name for name in organ.parameters if name in self.parameter_type._fields]
        taken += [name for name in measured if name in self.measurements or measured.count(name) > 1]
        if taken:
            raise InputError(f"organ {organ.name!r}: {', '.join(dict.fromkeys(taken))} is in the model already")
        return replace(self, organs=(*self.organs, organ))

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle the fields alone."""
        drugs = None if self.drugs is DrugLibrary.shipped() else self.drugs
        return _restored, (self.organs, self.typical, self.constants, drugs)

    # ---- Names and numbers

    @cached_property
    def state_type(self) -> type[Any]:
        """The named tuple of the states."""
        return _state_type(self.organs)

    @cached_property
    def parameter_type(self) -> type[Any]:
        """The named tuple of the parameters of one man."""
        return parameters.parameter_type(tuple(name for organ in self.organs for name in organ.parameters))

    @property
    def states(self) -> tuple[str, ...]:
        """Names of the states, in their order."""
        return self.state_type._fields

    @cached_property
    def measurements(self) -> dict[str, Measurement]:
        """Measurements of the model, in the order of the kernel's output."""
        p = self.parameters()
        names = observables(self.state_type(*self.reference_state(p)), p, Inputs())
        added = {entry.name: entry for organ in self.organs for entry in organ.measurements}
        return {name: MEASUREMENTS[name] for name in names} | added

    def check_variables(self, names: Iterable[str]) -> None:
        """Raise InputError if one of the names is no measurement."""
        for name in names:
            if name not in self.measurements:
                raise InputError(f"no measurement {name!r}; there are {', '.join(self.measurements)}")

    def parameters(
        self,
        traits: Mapping[str, Any] | None = None,
        *,
        age: Any = REFERENCE_AGE,
        bmi: Any = REFERENCE_BMI,
        pulsatile: bool = False,
        ageing: bool = False,
    ) -> Any:
        """Parameters of a man as a named tuple: the typical man's, with his traits and conditions.

        Parameters
        ----------
        traits : traits and conditions by name; numbers, or arrays of those of many men.
        age, bmi : in years and kg/m2.
        pulsatile : every GnRH pulse explicit, else the daily mean.
        ageing : the man ages along the simulation.
        """
        added = {name: value for organ in self.organs for name, value in organ.parameters.items()}
        return parameters.parameters(
            traits, age=age, bmi=bmi, pulsatile=pulsatile, ageing=ageing, changed=dict(self.typical), added=added
        )

    def reference_state(self, p: Any) -> Array:
        """The typical man's states (n,), or (n, men): first guess of a steady state, and scale of the states."""
        state = reference.reference_state(p)
        added = [np.asarray(value) for organ in self.organs for value in organ.states.values()]
        return np.array(np.broadcast_arrays(*state, *added), dtype=float)

    def precision(self, p: Any, pulsatile: bool) -> Array:
        """Sizes of the states (n, or n by men) for the absolute tolerance; of a pulse for the GnRH signal.

        A pulse decays within the hour, and its remainder has no effect.
        """
        sizes = self.reference_state(p)
        if pulsatile:
            sizes[self.states.index("gnrh")] *= 1e5
        return sizes

    # ---- Equations

    def rates(self, y: Any, p: Any, u: Any) -> Any:
        """Rate of change (per day) of every state."""
        rates = axis.rates(y, p, u)
        for organ in self.organs:
            changes = organ.rates(y, p, u, rates) if organ.rates else {}
            unknown = set(changes) - set(self.states)
            if unknown:
                raise InputError(f"organ {organ.name!r}: rates of {', '.join(sorted(unknown))}, which is no state")
            rates = _with(self.state_type, rates, changes)
        return rates

    def measure(self, y: Any, p: Any, u: Any = None) -> dict[str, Any]:
        """Measurements in the model's units from states (named tuple or array (n, ...)), parameters and inputs."""
        y, u = y if isinstance(y, tuple) else self.state_type(*y), Inputs() if u is None else u
        values = observables(y, p, u)
        for organ in self.organs:
            values |= organ.measure(y, p, u) if organ.measure else {}
        return values

    def system(self) -> TracedSystem:
        """The equations traced: rates of the states, the pulse generator, and what is measured."""
        from .engine.trace.expression import trace

        outputs = {"pulse": axis.pulse, "measurements": lambda y, p, u: list(self.measure(y, p, u).values())}
        return trace(self.rates, self.state_type, self.parameter_type, Inputs, outputs, parameters.PERSONAL)

    @property
    def kernel(self) -> Kernel:
        """Machine code of rates, their derivatives, pulses and measurements."""
        return _kernel(self.organs)

    @property
    def sensitivity_kernel(self) -> Kernel:
        """Machine code of the equations and their derivative along a direction of the parameters."""
        return _sensitivity_kernel(self.organs)

    # ---- Steady states

    def untreated(self, p: Any, *, maturation: float = 1.0, guess: Array | None = None) -> Array:
        """Steady state (n,) of an untreated man with these parameters.

        If Newton's iteration fails from the guess (default the typical man's references), continuation moves the
        parameters from the typical man's to these in steps.

        Parameters
        ----------
        p : his parameters.
        maturation : of his Sertoli cells, which is held fixed.
        guess : states (n,), the start of the search.

        Raises
        ------
        SteadyStateError
            No steady state was found.
        """
        from .engine.steady import SteadyStateError

        wanted = np.array(p, dtype=float)
        start = self.reference_state(p) if guess is None else np.array(guess)
        try:
            return self._rest(wanted, start, maturation)
        except SteadyStateError as error:
            state = self._by_continuation(wanted, maturation)
            if state is None:
                raise error from None
            return state

    def untreated_many(
        self, p: Array, maturation: float = 1.0, guess: Array | None = None
    ) -> tuple[Array, NDArray[np.int64]]:
        """Steady states (men, n) of untreated men with parameters (men, parameters); and -1 or the state without one.

        guess (n,): where the search begins, default the typical man's references.
        """
        from .engine.steady import steady_states

        guess = np.tile(self.reference_state(self.parameters()) if guess is None else guess, (len(p), 1))
        self._begin(guess, maturation)
        return steady_states(self.kernel, guess, p, NO_INPUT, held=self._held())

    def _held(self) -> tuple[int, ...]:
        return tuple(self.states.index(name) for name in HELD)

    def _begin(self, guess: Array, maturation: float) -> None:
        """Set, in guessed states (..., n), those of HELD to an untreated man's, and FROM_ABOVE to its reference."""
        for name, level in zip((*HELD, FROM_ABOVE), (maturation, 1.0, 0.0, 1.0), strict=True):
            guess[..., self.states.index(name)] = level

    def _rest(self, at: Array, start: Array, maturation: float) -> Array:
        from .engine.steady import steady_state

        self._begin(start, maturation)
        return steady_state(self.kernel, start, at, NO_INPUT, held=self._held(), names=self.states)

    def _by_continuation(self, wanted: Array, maturation: float) -> Array | None:
        """The steady state at `wanted` by continuation from the typical man's; a step that fails is halved."""
        from .engine.steady import SteadyStateError

        typical = np.array(self.parameters(), dtype=float)
        positive = (typical > 0) & (wanted > 0)
        ratio = np.log(np.where(positive, wanted, 1.0) / np.where(positive, typical, 1.0))
        state, done, step = self.reference_state(self.parameters()), 0.0, FIRST_STEP
        while done < 1:
            to = min(done + step, 1.0)
            at = np.where(positive, typical * np.exp(to * ratio), typical + to * (wanted - typical))
            try:
                state = self._rest(wanted if to == 1 else at, state.copy(), maturation)
                done, step = to, 2 * step
            except SteadyStateError:
                step /= 2
                if step < SHORTEST_STEP:
                    return None
        return state


def _restored(organs: tuple[Organ, ...], typical: Numbers, constants: Numbers, drugs: DrugLibrary | None) -> Model:
    return Model(organs, typical, constants, DrugLibrary.shipped() if drugs is None else drugs)


_DEFAULT = Model()


def with_overrides(model: Model | None, parameters: Mapping[str, float] | None) -> Model:
    """A model (default the shipped one) with these parameters."""
    if not isinstance(model, Model | None):
        raise OverrideError(f"model = {model!r}: expected a Model, such as hpgaxis.Model.default()")
    used = model or Model.default()
    return used if parameters is None else used.with_parameters(parameters)


@cache
def _state_type(organs: tuple[Organ, ...]) -> type[Any]:
    added = [(name, float) for organ in organs for name in organ.states]
    if not added:
        return State
    return NamedTuple("State", [*((name, float) for name in State._fields), *added])  # pyright: ignore


def _with(state_type: type[Any], rates: Any, changes: Mapping[str, Any]) -> Any:
    """Rates of all states with an organ's changes; 0 for states of later organs."""
    return state_type(**{**dict.fromkeys(state_type._fields, 0.0), **rates._asdict(), **changes})


def _announce_compilation() -> None:
    """Log the compilation, which the command line shows."""
    logger.info("compiling the equations (first run only, some seconds) ...")


def equations() -> str:
    """Digest of the inputs of the axis's machine code.

    These are the text of this file and of every file of `physiology`; the names, in order, of parameters, of personal
    parameters, of states, inputs and measurements; and the molar masses.
    """
    from .engine.codegen.cache import digest_of

    names = (
        parameters.parameter_names(), parameters.PERSONAL, State._fields, CHANNELS, tuple(_DEFAULT.measurements)
    )  # fmt: skip
    digest = sha256(repr((*names, MOLAR_MASS)).encode() + Path(__file__).read_bytes())
    digest.update(digest_of(Path(str(axis.__file__)).parent))
    return digest.hexdigest()[:16]


def _compiled(name: str, organs: tuple[Organ, ...], traced: Callable[[], TracedSystem]) -> Kernel:
    """Machine code for a form of the equations, compiled again if they change.

    The digest of an organ is that of the code written for it, because its sources can be anywhere.
    """
    from .engine.codegen.assemble import assemble
    from .engine.codegen.compile import compiled

    key = f"{name}_{equations()}"
    if organs:
        key += f"_{sha256(repr(assemble(traced())).encode()).hexdigest()[:16]}"
    return compiled(key, traced, _announce_compilation)


@cache
def _kernel(organs: tuple[Organ, ...]) -> Kernel:
    return _compiled("axis", organs, Model(organs).system)


@cache
def _sensitivity_kernel(organs: tuple[Organ, ...]) -> Kernel:
    from .engine.sensitivity import with_sensitivities

    return _compiled("sensitivity", organs, lambda: with_sensitivities(Model(organs).system(), "measurements"))
