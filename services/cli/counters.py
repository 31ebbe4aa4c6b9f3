"""What this process has made, from the Prometheus counters that the stages keep."""

from typing import Final

from prometheus_client import REGISTRY

SCENES_SYNTHESISED: Final = "lectern_scenes_synthesised_total"
FRAMES_ENCODED: Final = "lectern_frames_encoded_total"


def scenes_synthesised() -> float:
    """Return how many scenes were spoken, not remembered, since the process started."""
    return _total(SCENES_SYNTHESISED)


def frames_encoded() -> float:
    """Return how many frames went through an encoder since the process started."""
    return _total(FRAMES_ENCODED)


def _total(name: str) -> float:
    """Return the sum of a counter over its labels; 0 where no stage has loaded it."""
    return sum(
        sample.value for metric in REGISTRY.collect() for sample in metric.samples if sample.name == name
    )
