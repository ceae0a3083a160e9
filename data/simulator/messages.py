"""What the simulator tells its trainer process: one JSON object per line."""

from __future__ import annotations

import msgspec

from data.simulator.training import TrainingPlan


class Begin(msgspec.Struct, frozen=True, tag_field="op", tag="begin"):
    """A training job has started. `past` marks history, which gives way to live jobs."""

    plan: TrainingPlan
    past: bool = False


class Progress(msgspec.Struct, frozen=True, tag_field="op", tag="progress"):
    """The job `key` has ended `step` epochs and taken `samples` system samples."""

    key: int
    step: int
    samples: int


class End(msgspec.Struct, frozen=True, tag_field="op", tag="end"):
    """The job `key` ended at `time`; an empty `status` means killed: its run stays RUNNING for ever."""

    key: int
    status: str
    time: float


class Register(msgspec.Struct, frozen=True, tag_field="op", tag="register"):
    """A register job puts the model of the training job `key` into the registry as a version of `model`."""

    key: int
    model: str
    job: int
    pipeline: int


class EndSweep(msgspec.Struct, frozen=True, tag_field="op", tag="end_sweep"):
    """The child pipeline `key` ended at `time`: the run above its trials gets `status`; empty leaves it RUNNING."""

    key: int
    status: str
    time: float


Message = Begin | Progress | End | Register | EndSweep
"""Any of them."""

ENCODER = msgspec.json.Encoder()
DECODER: msgspec.json.Decoder[Message] = msgspec.json.Decoder(Message)
