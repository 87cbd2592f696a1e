"""The functions of a traced system as machine code: made once per machine, kept on disk, called by address."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..solver.entry import compiled_integrator
from .cache import Made, code
from .emitter import POINTERS

if TYPE_CHECKING:
    from ..solver.arrays import Work
    from ..trace.expression import TracedSystem


FUNCTIONS = (
    "hoist", "rates", "linearise", "solve", "decay", "clock", "spread", "shares", "between", "advance", "error",
    *(f"combine_{terms}" for terms in range(1, 10)),
)  # fmt: skip


@dataclass(frozen=True)
class Layout:
    """Sizes of the arrays that the functions read and fill, in rows of LANES numbers.

    common: places of the parameters that have to be the same in all lanes.
    """

    states: int
    parameters: int
    inputs: int
    constants: int
    entries: int
    common: list[int]
    outputs: dict[str, int]


@dataclass(frozen=True)
class Kernel:
    """Machine code of one system: `address` of each function, and the layout of its arrays.

    hoist(parameter -> constants); rates(state, constants, input -> rates); linearise(state, constants, input, speed,
    shift -> factors and, below them, rates and their change with the inputs); solve(factors, right side -> solution);
    an output(state, constants, input -> values). integrate_lanes(work) carries men through time with them.
    """

    layout: Layout
    address: dict[str, int]
    functions: dict[str, Any]
    integrate_lanes: Callable[[Work], None]

    def call(self, name: str, *arrays: NDArray[np.float64]) -> None:
        """Call one function on arrays of rows (contiguous, LANES wide)."""
        self.functions[name](*(array.ctypes.data for array in arrays), *[None] * (POINTERS - len(arrays)), 0)

    def lane_groups(self, parameters: NDArray[np.float64]) -> list[NDArray[np.int64]]:
        """Men, by their rows in `parameters`, who can share lanes: those whose common parameters are the same."""
        common = parameters[:, self.layout.common]
        if (common == common[:1]).all():
            return [np.arange(len(parameters))]
        _, group = np.unique(common, axis=0, return_inverse=True)
        return [np.flatnonzero(group == number) for number in range(group.max() + 1)]

    def addresses(self, measurements: str | None = None) -> NDArray[np.int64]:
        """Addresses in the order in which `integrate_lanes` wants them; outputs that a system lacks are 0."""
        names = [*FUNCTIONS, "pulse", measurements]
        return np.array([self.address.get(name or "", 0) for name in names], dtype=np.int64)

    def sizes(self, measurements: str | None = None) -> tuple[int, int, int, int, int]:
        """Numbers of parameters, constants, inputs, entries of the factors, measurements."""
        own = self.layout
        return own.parameters, own.constants, own.inputs, own.entries, own.outputs.get(measurements or "", 0)


def compiled(key: str, make_system: Callable[[], TracedSystem], on_compile: Callable[[], None]) -> Kernel:
    """The kernel for `key`; on its first use on a machine it is traced and compiled (seconds) and written to disk.

    `on_compile` is called before that work starts, so that a face can say what takes the time.
    """

    def make() -> Made:
        from .assemble import assemble

        layout, assembly = assemble(make_system())
        return {"layout": asdict(layout)}, assembly

    say_once = cache(on_compile)
    made = code(f"kernel_{key}", make, say_once)
    layout = Layout(**made.about["layout"])
    arguments = (*[ctypes.c_void_p] * POINTERS, ctypes.c_int64)
    names = [*FUNCTIONS, *layout.outputs]
    functions = {name: made.function(name, None, *arguments) for name in names}
    return Kernel(layout, {name: made.address(name) for name in names}, functions, compiled_integrator(say_once))
