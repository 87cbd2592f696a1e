"""SciPy's LSODA on the compiled right-hand side and Jacobian; anew at each dose and pulse."""

import numpy as np
from scipy.integrate import odeint

from hpgaxis.model import Model

from ..cases import ABSOLUTE, Case
from .compiled import functions, through


def solver(case: Case):
    """Each call goes through the days."""
    rates, jacobian = functions(case)
    scale = Model.default().precision(case.parameters(), case.pulsatile)
    n = len(scale)
    out, slopes = np.zeros(n), np.zeros((n, n))

    def right(t, y):
        rates(t, y, out)
        return out

    def slope(t, y):
        jacobian(t, y, slopes)
        return slopes

    def run(relative: float, days: int):
        def piece(times, state):
            return odeint(
                right, state, times, Dfun=slope, tfirst=True, rtol=relative, atol=ABSOLUTE * relative * scale,
                mxstep=1_000_000,
            )  # fmt: skip

        return through(case, days, piece)

    return run
