"""Prometheus metrics of the gateway, in the process's one registry."""

from prometheus_client import Counter, Gauge

from contracts.errors import ErrorCode

COMMANDS_DROPPED = Counter(
    "lectern_commands_dropped",
    "Commands that changed nothing: taken before (repeated), or what they ask for stands (standing)",
    ["type", "why"],
)
JOBS_ENDED = Counter("lectern_jobs_ended", "Attempts that ended", ["state", "code"])
LEDGER_AWAY = Gauge("lectern_ledger_away_seconds", "For how long nothing can be recorded; 0 when all is well")
LOG_REPLACED = Gauge(
    "lectern_log_replaced_timestamp_seconds",
    "When it was last noticed that the Kafka cluster is another one, or that topics were made anew in it",
    ["what"],
)
OUTBOX_DEPTH = Gauge("lectern_outbox_depth", "Events in the ledger that are not yet published")
OUTBOX_TROUBLED = Gauge("lectern_outbox_troubled_keys", "Keys and topics that wait after a failure")
SOCKETS = Gauge("lectern_sockets", "Open WebSockets and in-process watchers")
SLOW_SOCKETS = Counter("lectern_sockets_aborted", "WebSockets closed because they could not keep up")
SOCKETS_CLOSED = Counter(
    "lectern_sockets_closed", "WebSockets that were ended from here, by close code", ["code"]
)
SHARES_REFUSED = Counter(
    "lectern_shares_refused", "What was refused because its caller holds as many open as it may", ["what"]
)
CONFLATED = Counter("lectern_updates_conflated", "Updates that a congested WebSocket was spared")
UPDATE_GAPS = Counter("lectern_update_gaps", "Times the watched jobs were read again from the ledger")
STREAM_TICKETS = Counter(
    "lectern_stream_tickets", "Stream tickets: issued, opened, resumed, refused", ["outcome"]
)
REFUSED = Counter(
    "lectern_requests_refused",
    "Requests and handshakes refused for who made them: no right, no token, from a foreign page, too many",
    ["code"],
)


def label_of(code: str | None) -> str:
    """Return the label of an error's code; of all that this release does not know: ``other``.

    On the wire the codes are open. Each value of a label is a series that stays until the process ends: a
    stranger who makes codes up must not make series.
    """
    if not code:
        return ""
    return code if code in ErrorCode.__members__ else "other"
