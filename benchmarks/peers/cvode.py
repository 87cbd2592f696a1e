"""SUNDIALS CVODE (BDF, dense) through scikit-sundae, on the compiled equations and Jacobian; anew at each dose."""

import numpy as np

from hpgaxis import model

from ..cases import ABSOLUTE, Case
from .compiled import functions, measurements, pieces, renewal


def solver(case: Case):
    """One solver object; each call goes through the year."""
    from sksundae.cvode import CVODE

    rates, jacobian = functions(case)
    scale = model.reference_state(case.parameters())
    gnrh = model.STATES.index("gnrh")

    def run(relative: float, days: int):
        made = CVODE(
            lambda t, y, yp: rates(t, y, yp), jacfn=lambda t, y, yp, out: jacobian(t, y, out), rtol=relative,
            atol=ABSOLUTE * relative * scale, max_num_steps=1_000_000, linsolver="dense",
        )  # fmt: skip
        grid, y = np.arange(days + 1.0), np.array(case.man.state)
        kept = {0.0: y}
        stops = pieces(case, days)
        following = renewal(case) if case.pulsatile else None
        pulse, impulse = following(0.0, y) if following else (np.inf, 0.0)
        now, place = 0.0, 1
        while now < days:
            end = min(stops[place], pulse)
            inside = grid[(grid > now) & (grid < end)]
            times = np.unique(np.concatenate([[now], inside, [0.5 * (now + end)], [end]]))
            solution = made.solve(times, y)
            assert solution.success, solution.message
            kept.update(zip(solution.t.tolist(), solution.y, strict=True))
            y, now = np.array(solution.y[-1]), end
            place += now == stops[place]
            if now == pulse:
                y[gnrh] += impulse
                pulse, impulse = following(now, y)
        return measurements(case, grid, np.array([kept[t] for t in grid.tolist()]))

    return run
