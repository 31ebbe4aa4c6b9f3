"""Prometheus metrics of the gateway, in the process's one registry."""

from prometheus_client import Counter, Gauge

JOBS_ENDED = Counter("lectern_jobs_ended", "Attempts that ended", ["state", "code"])
OUTBOX_DEPTH = Gauge("lectern_outbox_depth", "Events in the ledger that are not yet published")
OUTBOX_TROUBLED = Gauge("lectern_outbox_troubled_keys", "Keys whose last publication failed")
SOCKETS = Gauge("lectern_sockets", "Open WebSockets and in-process watchers")
SLOW_SOCKETS = Counter("lectern_sockets_aborted", "WebSockets closed because they could not keep up")
CONFLATED = Counter("lectern_updates_conflated", "Updates that a congested WebSocket was spared")
UPDATE_GAPS = Counter("lectern_update_gaps", "Times the watched jobs were read again from the ledger")
STREAM_TICKETS = Counter(
    "lectern_stream_tickets", "Stream tickets: issued, opened, resumed, refused", ["outcome"]
)
