"""diffrax on the CPU: Kvaerno 5(4) with its PI controller, from our equations as JAX code; told where the doses are."""

import diffrax
import jax
import jax.numpy as jnp
import numpy as np

from hpgaxis.interchange.formula import formulas
from hpgaxis.model import Model

from ..cases import ABSOLUTE, Case
from .compiled import measurements


def solver(case: Case):
    """Compile once per number of days; each call integrates. Pulses, whose times depend on the state, are left out."""
    if case.pulsatile:
        raise NotImplementedError("events that depend on the state need a loop around diffrax; not timed")
    jax.config.update("jax_enable_x64", True)
    system, p = Model.default().system(), np.array(case.parameters(), dtype=float)
    leaves = {("state", i): f"y[{i}]" for i in range(len(system.states))}
    leaves.update({("parameter", i): repr(float(value)) for i, value in enumerate(p)})
    leaves.update({("input", i): f"u[{i}]" for i in range(len(system.inputs))})
    shared, rates = formulas(system.graph, system.rates, leaves)
    body = "\n".join(f"    {name} = {text}" for name, text in shared.items())
    names: dict = {"jnp": jnp, "sqrt": jnp.sqrt}
    exec(f"def rates(y, u):\n{body}\n    return jnp.stack([{', '.join(rates)}])", names)
    forcing = case.forcing()
    knots, amounts, decay, weights = (
        jnp.asarray(array) for array in (forcing.knots, forcing.amounts, forcing.decay, forcing.weights)
    )
    scale = jnp.asarray(Model.default().reference_state(case.parameters()))

    def right(t, y, _):
        segment = jnp.searchsorted(knots, t, side="right") - 1
        return names["rates"](y, (amounts[segment] * jnp.exp(-decay * (t - knots[segment]))) @ weights)

    def integrate(relative, y, days):
        grid = jnp.arange(days + 1.0)
        controller = diffrax.ClipStepSizeController(
            diffrax.PIDController(rtol=relative, atol=ABSOLUTE * relative * scale),
            jump_ts=jnp.asarray(forcing.knots[forcing.knots < days]),
        )
        return diffrax.diffeqsolve(
            diffrax.ODETerm(right), diffrax.Kvaerno5(), 0.0, float(days), 1e-3, y, stepsize_controller=controller,
            saveat=diffrax.SaveAt(ts=grid), max_steps=1_000_000,
        ).ys  # fmt: skip

    compiled = jax.jit(integrate, static_argnums=2)

    def run(relative: float, days: int):
        states = np.asarray(compiled(relative, jnp.asarray(case.man.state), days).block_until_ready())
        return measurements(case, np.arange(days + 1.0), states)

    return run
