"""A local file that holds what a team's store has: to read without a network, and to write to while there is none."""

from data.store.mirror.mirror import Mirror
from data.store.mirror.status import Status, status
from data.store.mirror.timing import MirrorTiming

__all__ = ["Mirror", "MirrorTiming", "Status", "status"]
