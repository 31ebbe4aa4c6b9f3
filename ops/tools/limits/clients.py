"""Limits of whoever connects; how a line is written: :mod:`ops.tools.limits.listed`."""

from collections.abc import Mapping

from ops.tools.limits.read import Limit

CLIENTS: Mapping[str, tuple[Limit, ...]] = {
    "A connection, before anybody has shown a token": (
        Limit("services.runtime.http.message_budget.HEAD_BYTES", "bytes"),
        Limit("services.runtime.http.message_budget.HEADERS", "headers"),
        Limit("services.runtime.http.connection.UPGRADE_LINE_BYTES", "bytes"),
        Limit("services.runtime.http.connection.HEAD_SECONDS", "s"),
        Limit(
            "services.runtime.http.connection.BODY_SECONDS",
            "s",
            of="the time in which a body, while we read, has to grow by `PACE` a second",
        ),
        Limit(
            "services.runtime.http.connection.WRITE_SECONDS",
            "s",
            of="the time in which `PACE` a second of an answer has to be taken",
        ),
        Limit(
            "services.runtime.http.connection.PACE",
            "bytes/s",
            of="the least at which a body comes and an answer is taken",
        ),
        Limit("services.runtime.http.connection.WRITE_BUFFER", "bytes"),
        Limit("services.runtime.http.connection.KEEP_ALIVE_SECONDS", "s"),
        Limit("services.runtime.http.refusal.LINGER_SECONDS", "s"),
        Limit(
            "services.runtime.http.message_budget.REQUESTS_WAITING",
            "requests",
            of="requests behind the one that is answered, before parsing stops; up to 15 with its last piece",
        ),
        Limit("services.runtime.http.message_budget.PIPELINED_SECONDS", "s"),
        Limit("services.runtime.http.newcomers.NEWCOMER_SECONDS", "s"),
        Limit("services.runtime.http.message_budget.REQUEST_BYTES", "bytes"),
        Limit(
            "services.runtime.http.message_budget.CHUNK_BYTES",
            "bytes",
            of="what each chunk of a body counts as framing, at least",
        ),
        Limit(
            "services.runtime.http.message_budget.MOST_AT_ONCE",
            "bytes",
            of="what the parser is given of a body at once",
        ),
        Limit(
            "services.runtime.http.message_budget.RECEIVE_BUFFER",
            "bytes",
            of="`SO_RCVBUF` of a connection, which Linux doubles",
        ),
        Limit(
            "services.gateway.settings.GatewaySettings.max_body_bytes", "bytes", of="the body of a request"
        ),
        Limit("services.gateway.http.middleware.body.DRAINED_BYTES", "bytes"),
    ),
    "All connections of a process": (
        Limit(
            "services.gateway.settings.GatewaySettings.max_connections",
            "connections",
            of="connections open at once, WebSockets included; unset: as many as `ulimit -n` allows",
        ),
        Limit(
            "services.gateway.settings.GatewaySettings.max_connections_per_address",
            "connections",
            of="those of one address, with IPv6 of one /64 network; unset: `ADDRESS_SHARE` of all",
        ),
        Limit(
            "services.runtime.http.connection_limits.MOST_CONNECTIONS",
            "connections",
            of="connections in all, where the system would allow more",
        ),
        Limit(
            "services.runtime.http.connection_limits.ADDRESS_SHARE",
            "of all",
            of="connections of one address, unless that is set",
        ),
        Limit(
            "services.runtime.http.connection_limits.SPARE_DESCRIPTORS",
            "descriptors",
            of="those kept for Kafka, the ledger, what was just accepted, and `LINGERING`",
        ),
        Limit(
            "services.runtime.http.connection_limits.FILES_SHARE",
            "",
            of="one in so many descriptors is for finished files that are being sent; more at once get 503",
        ),
        Limit("services.runtime.http.connection_limits.ACCEPTED_AT_ONCE", "connections"),
        Limit("services.runtime.http.connection_limits.LINGERING", "connections"),
        Limit(
            "services.runtime.http.connection_limits.HELD_BYTES",
            "bytes",
            of="requests that are not whole or wait, and answers that are not taken, over all connections",
        ),
        Limit(
            "services.runtime.engine.health.HEALTH_CONNECTIONS",
            "connections",
            of="connections of a worker's health pages",
        ),
    ),
    "A caller": (
        Limit("services.gateway.auth.access.AccessSettings.rate", "requests/s"),
        Limit("services.gateway.http.middleware.auth.UNKNOWN_PER_SECOND", "requests/s"),
        Limit(
            "services.gateway.http.middleware.auth.UNKNOWN_SHARE",
            "of `GATEWAY_RATE_PER_SECOND`",
            of="what an address without a known token has, where that is less",
        ),
        Limit(
            "services.gateway.http.middleware.auth.DOCUMENTS_PER_SECOND",
            "requests/s",
            of="requests of one address for open paths that are no probes; twice as many at once",
        ),
        Limit(
            "services.gateway.http.middleware.auth.FILES_PER_SECOND",
            "requests/s",
            of="requests of one address for finished files; twice as many at once",
        ),
        Limit("services.gateway.auth.rates.MAX_CALLERS", "callers"),
        Limit("services.gateway.http.middleware.forwarded.MAX_HOPS", "addresses"),
        Limit("services.gateway.web.problems.LONGEST_SHOWN", "characters"),
        Limit("services.gateway.auth.access.AccessSettings.viewers", "viewers"),
        Limit("services.gateway.auth.access.AccessSettings.waits", "calls"),
        Limit("services.gateway.http.middleware.body.IN_HAND_BYTES", "bytes"),
        Limit(
            "services.gateway.auth.tokens.SHORTEST_SECRET", "characters, at least", of="a token in the clear"
        ),
        Limit("services.gateway.web.prefer.MAX_WAIT_SECONDS", "s"),
        Limit("services.gateway.settings.GatewaySettings.generate_wait", "s", of="a generate call's wait"),
        Limit("services.gateway.service.scripts.TEXTS_AT_ONCE", "scripts"),
        Limit("services.gateway.service.core.LIST_LIMIT", "rows"),
        Limit("services.gateway.ledger.scripts.LISTED_CHARACTERS", "characters"),
        Limit("services.gateway.http.routes.job_lists.MAX_PAGE", "rows", of="a page of a list"),
        Limit(
            "services.gateway.http.middleware.idempotency.LONGEST_KEY",
            "characters",
            of="an `Idempotency-Key`",
        ),
        Limit("services.gateway.ledger.idempotency.KEPT", "s"),
        Limit("services.gateway.http.middleware.auth.TICKET_SHOWN_PER_SECOND", "times/s"),
        Limit("services.gateway.auth.access.AccessSettings.ticket_seconds", "s"),
        Limit("services.gateway.auth.access.AccessSettings.ticket_resume_seconds", "s"),
        Limit("services.gateway.http.routes.tickets.MAX_NAMED", "ids"),
        Limit("services.gateway.auth.tickets.MAX_UNUSED", "tickets"),
    ),
    "Who fetches a film": (
        Limit(
            "services.runtime.published_files.AssetSettings.storage_link_seconds",
            "s",
            of="a signed link, from its making to its end",
        ),
        Limit("services.gateway.auth.signed_links.LONGEST_QUERY", "bytes"),
        Limit(
            "services.runtime.published_files.SHORTEST_SECRET", "characters, at least", of="`STORAGE_SECRET`"
        ),
        Limit(
            "services.runtime.published_files.PART_CHARACTERS",
            "hexadecimal digits",
            of="the part of an address that cannot be guessed",
        ),
    ),
    "A viewer": (
        Limit("services.gateway.server.MAX_SOCKET_MESSAGE", "bytes"),
        Limit("services.gateway.realtime.parser.FRAMES_PER_SECOND", "frames/s"),
        Limit(
            "services.gateway.realtime.parser.FRAMES_AT_ONCE",
            "frames",
            of="frames that one socket may send at once",
        ),
        Limit("services.gateway.realtime.parser.MAX_FRAGMENTS", "frames"),
        Limit("services.gateway.realtime.parser.MAX_CONTROL", "bytes"),
        Limit("services.gateway.realtime.reading.MESSAGE_SECONDS", "s"),
        Limit("services.gateway.realtime.reading.MESSAGE_BYTES", "bytes"),
        Limit("services.gateway.realtime.jobs_socket.MESSAGES_PER_SECOND", "messages/s"),
        Limit("services.gateway.realtime.jobs_socket.PATIENCE_MESSAGES", "messages"),
        Limit("services.gateway.realtime.jobs_socket.WATCHES_IN_A_ROW", "snapshots"),
        Limit("services.gateway.realtime.requests.MAX_WATCHES", "ids"),
        Limit(
            "services.gateway.realtime.share.TURNS",
            "messages",
            of="messages of one caller's sockets that are worked on at the same time",
        ),
        Limit("services.gateway.realtime.share.MAX_KEPT", "bytes"),
        Limit("services.gateway.realtime.share.MAX_WATCHED", "ids"),
        Limit("services.gateway.realtime.reading.HIGH_WATER", "bytes"),
        Limit(
            "services.gateway.realtime.connection.SEND_BUFFER",
            "bytes",
            of="what the kernel holds for a socket",
        ),
        Limit("services.gateway.realtime.connection.PATIENCE_SECONDS", "s"),
        Limit(
            "services.gateway.realtime.connection.PROOF_SECONDS", "s", of="a viewer's answer to the last ping"
        ),
        Limit("services.gateway.realtime.connection.MAX_SLOTS", "jobs"),
        Limit("services.gateway.live.hub.MAX_TOLD", "jobs"),
        Limit("services.gateway.realtime.reading.ABORT_SECONDS", "s"),
        Limit("services.gateway.server.PING_SECONDS", "s"),
        Limit("services.gateway.server.PONG_SECONDS", "s", of="the answer to that ping"),
        Limit(
            "services.gateway.live.replay_buffer.RING",
            "updates",
            of="what is remembered for those who come back",
        ),
    ),
}
