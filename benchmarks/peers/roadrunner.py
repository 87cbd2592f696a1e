"""libRoadRunner (LLVM-compiled SBML, CVODE with banded or dense Newton), from our SBML."""

import roadrunner

from hpgaxis.interchange.equations import MEASURED
from hpgaxis.interchange.sbml import export
from hpgaxis.model import Model

from ..cases import ABSOLUTE, Case


def solver(case: Case):
    """Load the SBML once; each call resets the man and simulates him."""
    roadrunner.Logger.setLevel(roadrunner.Logger.LOG_ERROR)
    loaded = roadrunner.RoadRunner(
        export(Model.default(), case.parameters(), case.man.state, case.forcing(), case.pulsatile)
    )
    loaded.timeCourseSelections = ["time", *(f"measured_{name}" for name in MEASURED)]

    def run(relative: float, days: int):
        loaded.resetAll()
        loaded.integrator.relative_tolerance = relative
        loaded.integrator.absolute_tolerance = relative * ABSOLUTE
        loaded.integrator.maximum_num_steps = 1_000_000
        return loaded.simulate(0, days, days + 1)[:, 1:]

    return run
