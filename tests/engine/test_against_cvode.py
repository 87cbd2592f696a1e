"""The kernel and SUNDIALS CVODE agree to 1e-8 on the axis under treatment."""

from itertools import pairwise

import numpy as np
import pytest
from sksundae.cvode import CVODE

import hpgaxis as hpg
from hpgaxis.engine.batch import Tolerance
from hpgaxis.engine.solver.arrays import rows_of
from hpgaxis.model import CHANNELS, Model
from hpgaxis.pharmacology.dosing import prepare
from tests.engine.one_subject import integrate_one


@pytest.mark.parametrize("sentence", ["anastrozole 1 mg daily", "testosterone enanthate 200 mg weekly"])
def test_agreement_with_cvode(sentence):
    days, man = 10.0, hpg.match(hpg.Patient())
    p, n = man.with_parameters(pulsatile=False), len(Model.default().states)
    forcing = prepare(
        hpg.Protocol.of(sentence), days, weight_kg=75, pulses_per_day=p.pulse_frequency_reference, pulsatile=False
    ).forcing
    system, scale = Model.default().kernel, Model.default().reference_state(p)
    table, constants, y, u, f = (rows_of(rows) for rows in (len(p), system.layout.constants + 1, n, len(CHANNELS), n))
    table[:] = np.array(p, dtype=float)[:, None]
    system.call("hoist", table, constants)

    def rates(t, state, out):
        y[:], u[:] = state[:, None], forcing.at(np.array([t]))[0][:, None]
        system.call("rates", y, constants, u, f)
        out[:] = f[:, 0]

    state, grid = np.array(man.state), [0.0, *forcing.knots[forcing.knots > 0].tolist(), days]
    for begin, end in pairwise(grid):
        if end - begin < 1e-9:
            continue
        solver = CVODE(rates, rtol=1e-11, atol=1e-13 * scale, max_num_steps=100_000, linsolver="dense")
        inside = end - 1e-12 * (end - begin)  # the next dose belongs to the next piece
        solution = solver.solve(np.array([begin, 0.5 * (begin + end), inside]), state)
        assert solution.success
        state = np.array(solution.y[-1])
    ours, _ = integrate_one(
        system, man.state, np.array(p, dtype=float), forcing, np.array([0.0, days]), scale=scale, names=Model.default().states,
        tolerance=Tolerance(1e-10, 1e-13),
    )  # fmt: skip
    assert ours[-1] == pytest.approx(state, rel=1e-8, abs=1e-10 * float(scale.min()))
