"""SciPy's LSODA on the compiled right-hand side and Jacobian; anew at each dose and pulse."""

import numpy as np
from scipy.integrate import odeint

from hpgaxis import model

from ..cases import ABSOLUTE, Case
from .compiled import functions, measurements, pieces, renewal


def solver(case: Case):
    """Each call goes through the year."""
    rates, jacobian = functions(case)
    scale = model.reference_state(case.parameters())
    n, gnrh = len(scale), model.STATES.index("gnrh")
    out, slopes = np.zeros(n), np.zeros((n, n))

    def right(t, y):
        rates(t, y, out)
        return out

    def slope(t, y):
        jacobian(t, y, slopes)
        return slopes

    def run(relative: float, days: int):
        grid, y = np.arange(days + 1.0), np.array(case.man.state)
        kept = {0.0: y}
        stops = pieces(case, days)
        following = renewal(case) if case.pulsatile else None
        pulse, impulse = following(0.0, y) if following else (np.inf, 0.0)
        now, place = 0.0, 1
        while now < days:
            end = min(stops[place], pulse)
            times = np.concatenate([[now], grid[(grid > now) & (grid < end)], [end]])
            path = odeint(
                right, y, times, Dfun=slope, tfirst=True, rtol=relative, atol=ABSOLUTE * relative * scale,
                mxstep=1_000_000,
            )  # fmt: skip
            kept.update(zip(times.tolist(), path, strict=True))
            y, now = np.array(path[-1]), end
            place += now == stops[place]
            if now == pulse:
                y[gnrh] += impulse
                pulse, impulse = following(now, y)
        return measurements(case, grid, np.array([kept[t] for t in grid.tolist()]))

    return run
