"""Which constants and settings are limits that others depend on, by what they bound.

A new limit is one line here; ``make limits`` then writes the table of SECURITY.md anew, and a test holds the
two together. ``python -m ops.tools.limits --unlisted`` prints what looks like a limit and is not here.
"""

from collections.abc import Mapping

from ops.tools.limits.read import Limit

LISTED: Mapping[str, tuple[Limit, ...]] = {
    "A connection, before anybody has shown a token": (
        Limit("services.runtime.connection.HEAD_BYTES", "bytes"),
        Limit("services.runtime.connection.HEAD_SECONDS", "s"),
        Limit("services.runtime.connection.LINGER_SECONDS", "s"),
        Limit(
            "services.gateway.settings.GatewaySettings.max_body_bytes", "bytes", of="the body of a request"
        ),
        Limit("services.gateway.http.body.DRAINED_BYTES", "bytes"),
    ),
    "A caller": (
        Limit("services.gateway.access.AccessSettings.rate", "requests/s"),
        Limit(
            "services.gateway.http.guard.UNKNOWN_SHARE",
            "of that rate",
            of="what an address without a token has",
        ),
        Limit("services.gateway.http.guard.MAX_CALLERS", "callers"),
        Limit("services.gateway.access.SHORTEST_SECRET", "characters, at least", of="a token in the clear"),
        Limit("services.gateway.http.preferences.MAX_WAIT_SECONDS", "s"),
        Limit("services.gateway.settings.GatewaySettings.generate_wait", "s", of="a generate call's wait"),
        Limit("services.gateway.http.listing.MAX_PAGE", "rows", of="a page of a list"),
        Limit("services.gateway.http.repeats.LONGEST_KEY", "characters", of="an `Idempotency-Key`"),
        Limit("services.gateway.ledger.idempotency.KEPT", "s"),
        Limit("services.gateway.http.guard.TICKET_SHOWN_PER_SECOND", "times/s"),
        Limit("services.gateway.access.AccessSettings.ticket_seconds", "s"),
        Limit("services.gateway.access.AccessSettings.ticket_resume_seconds", "s"),
        Limit("services.gateway.http.tickets.MAX_NAMED", "ids"),
        Limit("services.gateway.tickets.MAX_UNUSED", "tickets"),
    ),
    "A viewer": (
        Limit("services.gateway.server.MAX_SOCKET_MESSAGE", "bytes"),
        Limit("services.gateway.live.jobs_socket.MESSAGES_PER_SECOND", "messages/s"),
        Limit("services.gateway.live.jobs_socket.PATIENCE_MESSAGES", "messages"),
        Limit("services.gateway.live.requests.MAX_WATCHES", "ids"),
        Limit("services.gateway.live.viewer.HIGH_WATER", "bytes"),
        Limit("services.gateway.live.viewer.SEND_BUFFER", "bytes", of="what the kernel holds for a socket"),
        Limit("services.gateway.live.viewer.PATIENCE_SECONDS", "s"),
        Limit("services.gateway.live.viewer.PROOF_SECONDS", "s", of="a viewer's answer to the last ping"),
        Limit("services.gateway.live.viewer.MAX_SLOTS", "jobs"),
        Limit("services.gateway.server.PING_SECONDS", "s"),
        Limit("services.gateway.server.PONG_SECONDS", "s", of="the answer to that ping"),
        Limit("services.gateway.live.ring.RING", "updates", of="what is remembered for those who come back"),
    ),
    "A text": (
        Limit("contracts.commands.MAX_SOURCE_CHARACTERS", "characters"),
        Limit("contracts.script.MAX_SCENES", "scenes"),
        Limit(
            "contracts.script.ScriptScene.narration", "characters", of="the narration of a scene, as written"
        ),
        Limit("contracts.script.ScriptScene.on_screen_text", "characters", of="the caption of a scene"),
        Limit("contracts.script.ScriptScene.duration_sec", "s", of="the length that is wished for a scene"),
        Limit("services.scripting.actor.MAX_SPEC_BYTES", "bytes"),
    ),
    "A record": (
        Limit("contracts.base.MAX_RECORD_BYTES", "bytes"),
        Limit("contracts.commands.MAX_COMMAND_BYTES", "bytes"),
        Limit("contracts.claimed.MAX_EVENT_BYTES", "bytes"),
        Limit("services.runtime.batches.LARGEST", "bytes"),
        Limit("services.runtime.obituaries.MAX_MESSAGE", "characters", of="the message of a failure"),
        Limit("services.runtime.deadletter.MAX_STACKTRACE", "characters"),
        Limit("services.runtime.settings.RuntimeSettings.window", "records"),
    ),
    "An answer to a call of ours": (
        Limit("services.scripting.llm.MAX_BODY_BYTES", "bytes", of="a language model's answer"),
        Limit("services.scripting.llm.TIMEOUT_SECONDS", "s", of="a language model's whole answer"),
        Limit("services.scripting.llm.TRIES", "calls", of="a language model is asked for a script"),
        Limit("services.scripting.answers.MAX_ANSWER_CHARACTERS", "characters"),
        Limit("services.gateway.backend.client.MAX_SPEC_BYTES", "bytes", of="the backend's render spec"),
        Limit(
            "services.gateway.backend.settings.BackendSettings.timeout_sec", "s", of="a call to the backend"
        ),
        Limit("services.gateway.backend.client.FETCH_TRIES", "calls"),
        Limit("services.gateway.backend.courier.CONCURRENCY", "calls"),
        Limit("services.gateway.backend.answers.LONGEST_WISH", "s"),
        Limit("services.gateway.ledger.callbacks.MAX_AGE", "s"),
    ),
}
