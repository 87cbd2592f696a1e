"""One man, one protocol, one year, daily mean: our integrator beside SciPy's LSODA on the same compiled rates.

Prints seconds and the ratio; nothing is asserted. `make bench` runs it.
"""

import time

import numpy as np
from scipy.integrate import odeint

import hpgaxis as hpg
from hpgaxis import model
from hpgaxis.pharmacology.dosing import prepare

PROTOCOLS = [
    "no treatment",
    "anastrozole 1 mg daily",
    "clomiphene 25 mg daily",
    "hCG 1500 IU three times a week",
    "testosterone enanthate 200 mg weekly",
    "testosterone nasal 11 mg three times a day",
]


def best_of(function, repeats: int = 5) -> float:
    """Shortest of some runs, in seconds."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return min(times)


def main() -> None:
    man = hpg.match(hpg.Patient())
    hpg.simulate(man, "anastrozole 1 mg daily", days=10)
    equations, scale = model.equations(), model.reference_state(man.parameters)
    vector = np.array(man.parameters, dtype=float)
    grid = np.append(np.arange(0, 365, 0.25), 365.0)
    print(f"{'protocol':48s} {'simulate':>9s} {'LSODA':>9s} {'ratio':>6s} {'difference':>11s}")
    for sentence in PROTOCOLS:
        forcing = prepare(
            hpg.Protocol.of(sentence), 365, weight_kg=75, pulses_per_day=man.parameters.pulse_frequency_reference,
            pulsatile=False,
        ).forcing  # fmt: skip
        u, out, jac = np.zeros(len(model.CHANNELS)), np.zeros(len(scale)), np.zeros((len(scale), len(scale)))
        data = (vector, forcing.knots, forcing.amounts, forcing.decay, forcing.weights, forcing.clock, u)

        def rates(y, t, data=data, out=out):
            equations.rates_at(t, y, *data, out)
            return out

        def jacobian(y, t, data=data, jac=jac):
            equations.jacobian_at(t, y, *data, jac)
            return jac

        def lsoda(rates=rates, jacobian=jacobian, forcing=forcing):
            breaks = [b for b in forcing.restarts if 0 < b < 365]
            y, pieces, start = man.state, [], 0.0
            for end in [*breaks, 365.0]:
                inside = grid[(grid > start) & (grid < end)]
                times = np.concatenate([[start], inside, [end]])
                path = odeint(rates, y, times, Dfun=jacobian, rtol=1e-5, atol=1e-9 * scale, hmax=1.0, mxstep=100000)
                pieces.append(path)
                y, start = path[-1], end
            return y

        ours = best_of(lambda sentence=sentence: hpg.simulate(man, sentence, days=365))
        theirs = best_of(lsoda, 2)
        last = hpg.simulate(man, sentence, days=365).states[-1]
        difference = np.max(np.abs(lsoda() - last) / np.maximum(np.abs(last), 1e-6 * scale))
        print(f"{sentence:48s} {ours:8.3f}s {theirs:8.3f}s {theirs / ours:6.1f} {difference:11.1e}")


if __name__ == "__main__":
    main()
