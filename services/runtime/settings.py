"""Settings that every process shares, read once at the edge."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from services.runtime.outbound.settings import OutboundSettings
from services.runtime.shared_settings import HomeSettings

METADATA_MAX_AGE_MS = 30_000
"""After this a client asks anew how many partitions there are. Larger (5 minutes by default): what is written
to partitions that were added lies there as long. Smaller: a request of each client, for nothing."""


class RuntimeSettings(HomeSettings):
    """How a process reaches Kafka and how its engine behaves.

    Each time limit says what breaks if it is smaller and what bounds it above.
    """

    model_config = SettingsConfigDict(
        env_prefix="LECTERN_",
        extra="forbid",  # of what code passes; the environment may hold anything
        populate_by_name=True,
        hide_input_in_errors=True,
        env_ignore_empty=True,
    )

    kafka_bootstrap_servers: str | None = Field(default=None, validation_alias="KAFKA_BOOTSTRAP_SERVERS")
    """``host:port,...``; without it the command line starts the embedded broker."""

    render_output_dir: Path | None = Field(default=None, validation_alias="RENDER_OUTPUT_DIR")
    """Where films, scenes and whatever else is under way lie until they are stored, in a folder for each
    process; ``scratch`` below ``home`` when left out. A fast disk of its own makes sense: it holds a film or
    two a process."""

    embedded: bool = False
    """The broker is the embedded one: no idempotent producer, fetches must poll (see the design)."""

    create_topics: bool = True
    """Create missing topics at start; off where only an operator may (``lectern topics create``)."""

    connect_timeout: float = Field(default=60.0, ge=0)
    """Seconds to wait for Kafka at start. Smaller: a whole stack started at once dies of its slowest part.
    Larger: a wrong address is told late."""

    replica: str | None = None
    """A name that survives restarts (a StatefulSet's pod name): makes group membership static."""

    session_timeout_ms: int = Field(default=10_000, ge=3_000)
    """Smaller: a garbage collection or a busy machine looks like a death. Larger: a dead worker's
    partitions stand still that long."""

    max_poll_interval_ms: int = Field(default=300_000, ge=10_000)
    """Never reached by the engine, which keeps polling while lanes work; bounds a stuck process."""

    window: int = Field(default=256, ge=1)
    """Records in flight per partition. Smaller: a job with many scenes on one partition delays the job
    behind it. Larger: more memory (3 kB a record) and more redelivery after a crash."""

    commit_interval: float = Field(default=1.0, gt=0)
    """Seconds between commits. Smaller: ~20 ms of broker time each. Larger: more redelivery after a crash."""

    revoke_grace: float = Field(default=1.0, ge=0)
    """Seconds that running handlers get at a rebalance before their records are handed over unfinished.
    Smaller: more work done twice. Larger: the whole group stands still; stays below the session timeout."""

    commit_timeout: float = Field(default=5.0, gt=0)
    """Seconds a commit may take; aiokafka itself tries for ever, and a rebalance waits for it. Smaller: a
    busy broker loses commits, which later ones make good. Larger: the whole group stands still; stays below
    the session timeout."""

    stall_seconds: float = Field(default=30.0, gt=0)
    """Seconds a consumer may stand still with records ahead of it before it is started again. Smaller: a
    broker's restart looks like it. Larger: so long nothing happens."""

    rejoin_seconds: float = Field(default=60.0, gt=0)
    """Seconds a rebalance may take before the consumer is started again; above session timeout plus drain."""

    drain_deadline: float = Field(default=25.0, ge=0)
    """Seconds a stopping process may finish what is in its hands; below Kubernetes' default grace of 30."""

    health_port: int | None = None
    """Port of ``/livez``, ``/readyz`` and ``/metrics``; ``None``: not served."""

    health_host: str = "127.0.0.1"
    """Address of the health port. Loopback: probes from outside the machine do not reach it. Wider: whoever
    reaches it can read the metrics."""

    otlp_endpoint: str | None = Field(default=None, validation_alias="OTEL_EXPORTER_OTLP_ENDPOINT")
    """OpenTelemetry collector (OTLP over HTTP); without it spans are not exported."""

    outbound: OutboundSettings = Field(default_factory=OutboundSettings)

    log_format: str = Field(default="auto", pattern="^(auto|json|console)$")
    """`json`, `console`, or `auto`: `console` in a terminal, else `json`."""

    log_level: str = "INFO"
    """`DEBUG`, `INFO`, `WARNING`, `ERROR` or `CRITICAL`. Lower: gigabytes of a busy system. Higher: nobody
    can tell afterwards what happened."""

    @property
    def scratch_root(self) -> Path:
        """Where handlers' temporary folders are made; wiped of leftovers at start."""
        return self.render_output_dir or self.home / "scratch"
