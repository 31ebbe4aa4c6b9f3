"""A second broker beside a node of the test's own: partitions that lose their leader or their replicas."""

import json
from pathlib import Path

from ops.kafka.node import HOST, KafkaNode
from services.runtime.kafka.probe import free_port


class SecondBroker(KafkaNode):
    """A broker without a controller, node 2 of the cluster of ``first``.

    Args:
        data: folder of its data.
        first: the node that it joins, running.
    """

    def __init__(self, data: Path, first: KafkaNode) -> None:
        super().__init__(data, overrides={"process.roles": "broker", "node.id": "2"})
        self._first = json.loads((first.data / "node.json").read_text())
        self._port = free_port(HOST)

    def _identity(self) -> tuple[str, tuple[int, int]]:
        return self._first["cluster"], (self._port, self._port)

    def _properties(self, port: int, controller: int) -> dict[str, str]:
        listener = f"PLAINTEXT://{HOST}:{port}"
        return {
            **super()._properties(port, controller),
            "listeners": listener,
            "advertised.listeners": listener,
            "controller.quorum.bootstrap.servers": f"{HOST}:{self._first['controller']}",
        }

    def _format(self, tool: list[str], cluster: str, properties: Path) -> None:
        super()._format([word for word in tool if word != "--standalone"], cluster, properties)
