"""After an accepted cancel a job's work ends within two seconds, wherever it was; measured from outside.

``python -m ops.bench.cancel`` does the same at 200 moments, with larger pictures.
"""

from collections.abc import Iterator

import pytest

from tests.support.brokers import Broker
from tests.support.cancels import Canceled, Canceling
from tests.support.cluster import Cluster, running_cluster
from tests.support.tap import tapping

pytestmark = [pytest.mark.chaos, pytest.mark.kafka, pytest.mark.timeout(400)]

MOMENTS = 12
DEADLINE_SECONDS = 2.0


@pytest.fixture(scope="module")
def cluster(broker: Broker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with running_cluster(broker, tmp_path_factory.mktemp("cancel")) as running:
        yield running


@pytest.fixture(scope="module")
def canceling(cluster: Cluster, broker: Broker) -> Iterator[tuple[Canceling, float]]:
    """The instrument, and how long a job takes that nobody cancels."""
    with tapping(broker.bootstrap_servers) as tap:
        made = Canceling(cluster, tap, seed=7)
        yield made, made.whole()


def test_without_a_cancel_the_instruments_see_the_work_go_on(
    canceling: tuple[Canceling, float], cluster: Cluster
) -> None:
    instrument, _ = canceling
    cluster.forget_artifacts()
    found = instrument.once(0.1, really=False)
    assert found is not None
    assert min(found.event, found.write, found.cpu) > 0.5


def test_canceled_work_ends_within_its_deadline(canceling: tuple[Canceling, float], cluster: Cluster) -> None:
    instrument, within = canceling
    found: list[Canceled] = []
    while len(found) < MOMENTS:
        cluster.forget_artifacts()
        one = instrument.once(within)
        if one is not None:
            found.append(one)
    late = [one for one in found if one.latency > DEADLINE_SECONDS]
    assert late == []
    assert [one.left for one in found if one.left] == []
