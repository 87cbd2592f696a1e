"""The functions of a traced system as machine code: compiled once on each machine, kept on disk, called by address."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import cache, partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..solver.entry import compiled_integrator
from .cache import Made, code
from .emitter import POINTERS

if TYPE_CHECKING:
    from ..solver.arrays import Work
    from ..trace.expression import TracedSystem


FUNCTIONS = (
    "hoist", "rates", "linearise", "solve", "decay", "clock", "add_modes", "stage_weights", "dense_weights", "advance",
    "error",
    *(f"combine_{terms}" for terms in range(1, 10)),
)  # fmt: skip


@dataclass(frozen=True)
class Layout:
    """Sizes of the arrays that the functions read and fill, in rows of LANES numbers.

    entries: nonzero entries of the LU factors; common: indices of the parameters that are equal in all lanes.
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
    """Machine code of one system: the layout of its arrays, the addresses of its functions, and `integrate_lanes`.

    hoist(parameters -> constants): expressions of parameters alone. rates(state, constants, inputs -> rates).
    linearise(state, constants, inputs, input rates, shift -> LU factors of shift I - J, rates, df/dt).
    solve(factors, right side -> solution). Each output(state, constants, inputs -> values).
    """

    layout: Layout
    address: dict[str, int]
    functions: dict[str, Callable[..., None]]
    integrate_lanes: Callable[[Work], None]

    def bound(self, name: str, *arrays: NDArray[np.float64]) -> Callable[[], None]:
        """Return one function bound to C-contiguous arrays of rows of LANES numbers, which must outlive it."""
        unused = [None] * (POINTERS - len(arrays))
        return partial(self.functions[name], *(array.ctypes.data for array in arrays), *unused, 0)

    def call(self, name: str, *arrays: NDArray[np.float64]) -> None:
        """Call one function on C-contiguous arrays of rows of LANES numbers."""
        self.bound(name, *arrays)()

    def lane_groups(self, parameters: NDArray[np.float64]) -> list[NDArray[np.int64]]:
        """Return groups of subjects, by row, that can be in lanes together: those with equal common parameters."""
        common = parameters[:, self.layout.common]
        if (common == common[:1]).all():
            return [np.arange(len(parameters))]
        _, group = np.unique(common, axis=0, return_inverse=True)
        return [np.flatnonzero(group == number) for number in range(group.max() + 1)]

    def addresses(self, measurements: str | None = None) -> NDArray[np.int64]:
        """Return the functions' addresses in the order of `abi`; 0 for an output that the system lacks."""
        names = [*FUNCTIONS, "pulse", measurements]
        return np.array([self.address.get(name or "", 0) for name in names], dtype=np.int64)

    def sizes(self, measurements: str | None = None) -> tuple[int, int, int, int, int]:
        """Return the numbers of parameters, constants, inputs, entries of the factors, and measurements."""
        sizes = self.layout
        return sizes.parameters, sizes.constants, sizes.inputs, sizes.entries, sizes.outputs.get(measurements or "", 0)


def compiled(key: str, make_system: Callable[[], TracedSystem], on_compile: Callable[[], None]) -> Kernel:
    """Return the kernel for `key`. Its first use on a machine traces and compiles it (seconds) and writes it to disk.

    `on_compile` is called before that, so that the user can be told.
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
