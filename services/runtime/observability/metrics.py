"""Prometheus metrics of the engine; one registry per process, served at ``/metrics``."""

from prometheus_client import Counter, Gauge, Histogram

_HOUR_BUCKETS = (0.005, 0.02, 0.1, 0.5, 1, 2, 5, 10, 30, 60, 120, 300, 600, 1200, 3600)
"""Seconds, to an hour: a long scene on a busy machine must not fall off the end."""

LANE_DEPTH = Gauge("lectern_lane_depth", "Records admitted and not finished", ["topic"])
LANES = Gauge("lectern_lanes", "Lanes that hold a record", ["topic"])
LAG = Gauge("lectern_consumer_lag", "Records behind the end of the assigned partitions", ["topic"])
OPEN_TRANSACTION = Gauge(
    "lectern_open_transaction_seconds",
    "For how long a transaction of others has held up a partition",
    ["topic"],
)
ADOPTED = Counter(
    "lectern_records_adopted", "Redelivered records still in flight or finished here", ["topic"]
)
COMMITS = Counter("lectern_commits", "Offset commits", ["topic", "result"])
REBALANCES = Counter("lectern_rebalances", "Times partitions were revoked", ["topic"])
STUCK = Gauge(
    "lectern_consumer_stuck_seconds", "For how long a consumer has shown a symptom", ["topic", "symptom"]
)
CONSUMER_RESTARTS = Counter(
    "lectern_consumer_restarts", "Consumers that the watchdog started again", ["topic", "symptom"]
)
LOGS_REPLACED = Counter(
    "lectern_logs_replaced",
    "Times a topic was found to be another one, and read from its beginning",
    ["topic"],
)
TOPICS_MISSING = Gauge("lectern_topics_missing", "Topics that this process reads and that are not there")
UNREAD_DELETED = Counter(
    "lectern_records_deleted_unread", "Records that retention deleted before they were read", ["topic"]
)
STAGE_SECONDS = Histogram(
    "lectern_stage_seconds", "Seconds a record was worked on", ["stage", "outcome"], buckets=_HOUR_BUCKETS
)
WORKER_DEATHS = Counter(
    "lectern_worker_deaths", "Workers found dead, or taken for dead, that were at work on a topic", ["topic"]
)
SUSPECTS = Counter(
    "lectern_suspects", "Records worked on with nothing else in hand, because a worker died", ["topic"]
)
RETRIES = Counter("lectern_retries", "Records parked for another try", ["stage", "code"])
DEAD_LETTERS = Counter("lectern_dead_letters", "Records given up on", ["stage", "code"])
SKIPPED = Counter("lectern_records_fenced", "Records and results of dead attempts", ["stage", "where"])
PUBLISHED = Counter("lectern_events_published", "Events published", ["type"])
PRODUCERS_REPLACED = Counter("lectern_producers_replaced", "Producers that could not send any more")
TOPIC_UNWRITABLE = Gauge(
    "lectern_topic_unwritable", "1 while a topic, or a partition of it, takes no records", ["topic"]
)
CONNECTIONS = Gauge("lectern_connections", "Open connections to this process, WebSockets included")
CONNECTIONS_REFUSED = Counter(
    "lectern_connections_refused",
    "Connections closed for what they cost: head_too_large, malformed, head_late, body_late, silent, unread,"
    " too_many_of_address, too_many_of_all, displaced (another needed the place), handshake (of a WebSocket)",
    ["reason"],
)
LOOP_LAG = Histogram(
    "lectern_event_loop_lag_seconds",
    "How late the event loop runs a timer",
    buckets=(0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1, 5),
)
