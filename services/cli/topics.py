"""``lectern topics``: the table of the contracts beside what the broker has."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from contracts.errors import ErrorCode, PermanentError
from contracts.topics import FOR_EVER
from services.runtime.kafka.topics_admin import TopicState, TopicStatus, create_topics, list_topics
from services.runtime.observability.logs import configure_logs
from services.runtime.settings import RuntimeSettings


async def show_topics() -> None:
    """Print how the broker's topics compare with the table.

    Raises:
        TransientError: ``BROKER_UNAVAILABLE``.
        PermanentError: ``SETTINGS_INVALID`` without an address; ``BROKER_UNAVAILABLE`` if topics differ.
    """
    servers = _servers()
    _print(statuses := await list_topics(servers))
    _complain(statuses, servers)


async def make_topics(replication: int) -> None:
    """Create what is missing and print the result; see :func:`show_topics` for errors."""
    if replication == 0:
        raise PermanentError(ErrorCode.SETTINGS_INVALID, "--replication is 1 or more, or -1")
    servers = _servers()
    _print(statuses := await create_topics(servers, replication_factor=replication))
    _complain(statuses, servers)


def _servers() -> str:
    settings = RuntimeSettings()
    configure_logs(settings)
    servers = settings.kafka_bootstrap_servers
    if not servers:
        raise PermanentError(
            ErrorCode.SETTINGS_INVALID, "KAFKA_BOOTSTRAP_SERVERS is not set, for example to localhost:9092"
        )
    return servers


def _print(statuses: Sequence[TopicStatus]) -> None:
    console = Console()
    if not console.is_terminal:
        for status in statuses:
            print(f"{status.name}\t{status.actual}/{status.declared}\t{status.state}")
        return
    table = Table()
    for name in ("Topic", "Partitions", "Kept", "State"):
        table.add_column(name, no_wrap=True)
    for status in statuses:
        style = {TopicState.OK: "", TopicState.CREATED: "green"}.get(status.state, "red")
        table.add_row(
            status.name, f"{status.actual}/{status.declared}", _kept(status), status.state, style=style
        )
    console.print(table)


def _kept(status: TopicStatus) -> str:
    retention = status.config.get("retention.ms")
    if not retention:
        return "newest per key"
    return "for ever" if int(retention) == FOR_EVER else f"{int(retention) // 86_400_000} days"


def _complain(statuses: Sequence[TopicStatus], servers: str) -> None:
    missing = sum(status.state is TopicState.MISSING for status in statuses)
    other = sum(status.differs for status in statuses) - missing
    if missing:
        raise PermanentError(
            ErrorCode.BROKER_UNAVAILABLE, f"{missing} topics are missing on {servers}: lectern topics create"
        )
    if other:
        raise PermanentError(
            ErrorCode.BROKER_UNAVAILABLE,
            f"{other} topics on {servers} have another number of partitions; changing it would move keys",
        )
