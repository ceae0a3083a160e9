"""A GitLab server over HTTP whose jobs really progress, print and log to MLflow; for the demo and the tests.

`Simulator(SimulatorSettings(...))` serves in a thread of this process, `python -m data.simulator` in one of its own.
"""

from data.simulator.clock import Clock, ManualClock, SystemClock
from data.simulator.faults import Fault, Faults
from data.simulator.server import Simulator, describe, run_forever
from data.simulator.settings import SimulatorSettings
from data.simulator.world import World

__all__ = [
    "Clock",
    "Fault",
    "Faults",
    "ManualClock",
    "Simulator",
    "SimulatorSettings",
    "SystemClock",
    "World",
    "describe",
    "run_forever",
]
