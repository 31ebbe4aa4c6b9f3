"""Limits of what is worked on, asked for and told; how a line is written: :mod:`ops.tools.limits.listed`."""

from collections.abc import Mapping

from ops.tools.limits.read import Limit

WORK: Mapping[str, tuple[Limit, ...]] = {
    "A text": (
        Limit("contracts.commands.MAX_SOURCE_CHARACTERS", "characters"),
        Limit("services.cli.lesson.LARGEST_FILE", "bytes", of="a file given to `lectern render`"),
        Limit("services.scripting.writer.splitting.LONGEST_PIECE", "characters"),
        Limit("services.scripting.writer.korean.analyser.LONGEST_ANALYSED", "characters"),
        Limit(
            "services.scripting.writer.splitting.LONGEST_CHARACTERS",
            "characters",
            of="a sentence, or a part of one, that is kept together in a scene",
        ),
        Limit("contracts.script.MAX_SCENES", "scenes"),
        Limit("contracts.script.MAX_CHAPTERS", "chapters"),
        Limit(
            "contracts.script.ScriptScene.narration", "characters", of="the narration of a scene, as written"
        ),
        Limit(
            "services.scripting.writer.extractive.MOST_NARRATED",
            "characters",
            of="the narration of a scene that the offline writer makes",
        ),
        Limit("contracts.script.ScriptScene.on_screen_text", "characters", of="the caption of a scene"),
        Limit("contracts.script.ScriptScene.duration_sec", "s", of="the length that is wished for a scene"),
        Limit("services.scripting.actor.MAX_SPEC_BYTES", "bytes"),
    ),
    "What is said and drawn": (
        Limit("contracts.speech.MAX_SCENE_SECONDS", "s"),
        Limit("contracts.speech.MAX_FILM_SECONDS", "s"),
        Limit("services.tts.audio.recording.MAX_RECORDED_SECONDS", "s"),
        Limit(
            "services.tts.audio.recording.SECONDS_A_SENTENCE",
            "s",
            of="the sound of a sentence, beside what its letters bring",
        ),
        Limit(
            "services.tts.audio.recording.SECONDS_A_LETTER",
            "s",
            of="what each letter of a sentence, as read out, adds to that",
        ),
        Limit("services.tts.voices.kokoro.LONGEST_PIECE", "symbols"),
        Limit("services.tts.voices.kokoro_model.TOKENS_AT_ONCE", "tokens"),
        Limit("services.slides.pages.MOST_PAGES", "slides"),
        Limit("services.composition.segment.frames.PICTURES_HELD", "pictures"),
        Limit("services.composition.actor.PIXELS_A_SCENE", "pixels"),
        Limit("services.composition.segment.file.MAX_HEADER_BYTES", "bytes", of="the head of a stored scene"),
    ),
    "A record": (
        Limit("contracts.base.MAX_RECORD_BYTES", "bytes"),
        Limit("contracts.commands.MAX_COMMAND_BYTES", "bytes"),
        Limit("contracts.commands.MAX_COMMAND_VALUES", "values"),
        Limit("contracts.claimed.MAX_EVENT_BYTES", "bytes"),
        Limit("services.runtime.kafka.record_batches.LARGEST", "bytes"),
        Limit(
            "services.runtime.engine.failure_events.MAX_MESSAGE", "characters", of="the message of a failure"
        ),
        Limit("services.runtime.engine.dead_letters.MAX_STACKTRACE", "characters"),
        Limit("services.runtime.settings.RuntimeSettings.window", "records"),
        Limit("services.runtime.engine.offsets.WINDOW_BYTES", "bytes"),
        Limit("services.runtime.engine.quarantine.MAX_DEATHS", "deaths"),
        Limit(
            "services.runtime.engine.quarantine.MAX_DEATHS_AMONG_KILLS",
            "deaths",
            of="the same where processes die of something else, too",
        ),
        Limit("services.runtime.engine.quarantine.RECENT_MINUTES", "min"),
        Limit(
            "services.runtime.engine.marks.MAX_NAMED",
            "records",
            of="records, or workers, that a note beside an offset names",
        ),
        Limit("services.runtime.engine.deaths.MOST_MORE", "records"),
    ),
    "An answer to a call of ours": (
        Limit("services.runtime.outbound.wire.HEAD_BYTES", "bytes"),
        Limit("services.runtime.outbound.client.MAX_HEADERS", "headers"),
        Limit("services.runtime.outbound.client.PIECE_BYTES", "bytes"),
        Limit(
            "services.runtime.outbound.json_text.MAX_VALUES",
            "values",
            of="JSON of others, by its commas and brackets",
        ),
        Limit(
            "services.runtime.outbound.json_text.MAX_NUMBER_CHARACTERS",
            "characters",
            of="a number in such JSON",
        ),
        Limit("services.scripting.llm.client.MAX_BODY_BYTES", "bytes", of="a language model's answer"),
        Limit("services.scripting.llm.client.TIMEOUT_SECONDS", "s", of="a language model's whole answer"),
        Limit("services.scripting.llm.client.TRIES", "calls", of="a language model is asked for a script"),
        Limit("services.scripting.llm.parsing.MAX_ANSWER_CHARACTERS", "characters"),
        Limit("services.gateway.backend.client.MAX_SPEC_BYTES", "bytes", of="the backend's render spec"),
        Limit(
            "services.gateway.backend.settings.BackendSettings.timeout_sec", "s", of="a call to the backend"
        ),
        Limit("services.gateway.backend.client.FETCH_TRIES", "calls"),
        Limit("services.gateway.dispatch.webhook_dispatcher.CONCURRENCY", "calls"),
        Limit("services.gateway.backend.answers.LONGEST_WISH", "s"),
        Limit("services.gateway.ledger.callbacks.MAX_AGE", "s"),
        Limit(
            "services.runtime.outbound.s3_session.MAX_ANSWER_BYTES",
            "bytes",
            of="an answer of S3 that is no object",
        ),
        Limit("services.runtime.outbound.s3_session.MAX_TAGS", "tags", of="the XML of such an answer"),
        Limit("services.runtime.artifacts.bucket.MAX_NAMES", "names", of="a folder of S3 that is listed"),
        Limit("services.runtime.artifacts.s3.MAX_ENTRY_BYTES", "bytes"),
        Limit(
            "services.runtime.artifacts.bucket.CALL_SECONDS",
            "s",
            of="a whole call to S3, beyond what its bytes take",
        ),
        Limit(
            "services.runtime.artifacts.bucket.SLOWEST_BYTES_PER_SECOND",
            "bytes/s",
            of="the least at which objects of S3 travel",
        ),
        Limit("services.runtime.outbound.collector.MAX_ANSWER_BYTES", "bytes"),
        Limit(
            "services.runtime.outbound.collector.CALL_SECONDS",
            "s",
            of="a call to the collector of spans, where the exporter names no limit",
        ),
    ),
    "What is told and logged": (
        Limit(
            "services.runtime.observability.redaction.LONGEST",
            "characters",
            of="a text that is told or logged; the rest is cut off",
        ),
        Limit(
            "services.runtime.observability.secrets.SHORTEST",
            "characters, at least",
            of="a secret that is blanked wherever it stands; a shorter one is only in its place",
        ),
        Limit("services.runtime.observability.logs.MAX_ITEMS", "items"),
        Limit("services.runtime.observability.logs.MAX_DEPTH", "levels"),
    ),
}
