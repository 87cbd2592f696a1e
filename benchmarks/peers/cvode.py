"""SUNDIALS CVODE (BDF, dense) through scikit-sundae, on the compiled equations and Jacobian; anew at each dose."""

import numpy as np
from sksundae.cvode import CVODE

from hpgaxis.model import Model

from ..cases import ABSOLUTE, Case
from .compiled import functions, through


def solver(case: Case):
    """Each call goes through the days."""
    rates, jacobian = functions(case)
    scale = Model.default().precision(case.parameters(), case.pulsatile)

    def run(relative: float, days: int):
        made = CVODE(
            lambda t, y, yp: rates(t, y, yp), jacfn=lambda t, y, yp, out: jacobian(t, y, out), rtol=relative,
            atol=ABSOLUTE * relative * scale, max_num_steps=1_000_000, linsolver="dense",
        )  # fmt: skip

        def piece(times, state):
            between = [0.5 * (times[0] + times[1])] if len(times) == 2 else []  # two times would ask for its own steps
            solution = made.solve(np.concatenate([times[:1], between, times[1:]]), state)
            assert solution.success, solution.message
            return np.delete(solution.y, 1, axis=0) if between else solution.y

        return through(case, days, piece)

    return run
