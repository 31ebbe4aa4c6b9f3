"""The clients: a backend that publishes commands and reads the log's terminal events, and one over HTTP.

Both do what a careful client does: repeat what was not acknowledged, under the same id, until it was.
"""

import asyncio
import contextlib
import json
import random
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import httpx
from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from contracts.events import JobCompleted, JobFailed
from contracts.topics import COMMANDS_TOPIC, JOBS
from services.runtime.kafka.record_batches import AIOKafkaConsumer
from tests.chaos.checker import OF_ARTIFACTS
from tests.chaos.evidence import Accepted
from tests.chaos.plan import JobPlan, Via
from tests.chaos.producer import PAUSE_SECONDS, PatientProducer
from tests.chaos.specs import film_options, film_spec, lesson
from tests.support.eventually import eventually

WRITTEN_SECONDS = 600.0
"""For a script to be written: longer than all that faults and their retries can take."""
RESEND_SECONDS = 45.0
"""A command that nobody answered for so long is sent again: it may have gone with its topic."""
MOST_RETRIES = 8
"""Of one job whose artifacts were damaged again and again."""


class Backend:
    """Publishes commands and follows the jobs topic.

    Args:
        servers: Kafka's address.
    """

    def __init__(self, servers: str) -> None:
        self._servers = servers
        self._producer = PatientProducer(servers)
        self._ends: defaultdict[str, dict[int, str]] = defaultdict(dict)
        self._news = asyncio.Condition()
        self._reader: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Connect; after a stop, to whatever is at the address then."""
        await self._producer.start()
        self._reader = asyncio.create_task(self._follow())

    async def stop(self) -> None:
        """Disconnect."""
        if self._reader is not None:
            self._reader.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._reader
        await self._producer.stop()

    async def command(self, kind: str, job_id: str, number: int, *, named: bool = True, **body: Any) -> None:
        """Publish a command and return once it is in the log.

        Args:
            kind: such as ``start``.
            job_id: the job.
            number: tells repeated ones apart.
            named: whether it has a ``command_id``.
            body: its other fields.
        """
        value = command_value(kind, job_id, number if named else None, **body)
        await self._producer.send(
            lambda producer: producer.send_and_wait(COMMANDS_TOPIC.name, value, key=job_id.encode())
        )

    async def end_of(self, job_id: str, attempt: int) -> str:
        """Wait for an attempt's end; return its error code, empty when it is well."""
        async with self._news:
            await self._news.wait_for(lambda: attempt in self._ends[job_id])
        return self._ends[job_id][attempt]

    async def ended(self, job_id: str, attempt: int, resend: Callable[[], Awaitable[None]]) -> str:
        """Wait as :meth:`end_of` does, and send again what may have been lost."""
        waiting = asyncio.ensure_future(self.end_of(job_id, attempt))
        try:
            while not (await asyncio.wait({waiting}, timeout=RESEND_SECONDS))[0]:
                await resend()
            return waiting.result()
        finally:
            waiting.cancel()

    async def see_through(
        self,
        job_id: str,
        start: Callable[[], Awaitable[None]],
        *,
        canceled: bool = False,
        tell: Callable[[int], None] = lambda _: None,
    ) -> int:
        """Wait for a job's end, and retry it where artifacts were damaged.

        Args:
            job_id: the job.
            start: sends its first command again.
            canceled: whether a cancelled attempt is retried, too.
            tell: told the number of the attempt that is waited for.

        Returns:
            How often it was retried.
        """
        for attempt in range(1, MOST_RETRIES + 1):
            tell(attempt)
            retry = partial(self.command, "retry", job_id, attempt - 1)
            code = await self.ended(job_id, attempt, start if attempt == 1 else retry)
            if code not in OF_ARTIFACTS and not (code == "CANCELED" and canceled):
                return attempt - 1
            await self.command("retry", job_id, attempt)
        return MOST_RETRIES

    async def _follow(self) -> None:
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self._servers, auto_offset_reset="earliest", enable_auto_commit=False
        )
        await consumer.start()
        try:
            consumer.assign([TopicPartition(JOBS.name, number) for number in range(JOBS.partitions)])
            while True:
                with contextlib.suppress(KafkaError):
                    batches = await consumer.getmany(timeout_ms=200)
                    for records in batches.values():
                        for record in records:
                            self._note(json.loads(record.value))
                    if batches:
                        async with self._news:
                            self._news.notify_all()
        finally:
            await consumer.stop()

    def _note(self, body: dict[str, Any]) -> None:
        if body["type"] in {JobCompleted.type, JobFailed.type}:
            self._ends[body["job_id"]].setdefault(body["attempt"], body.get("code", ""))


def command_value(kind: str, job_id: str, number: int | None, **body: Any) -> bytes:
    """Return a command's value, with a ``command_id`` where there is a number."""
    named = {} if number is None else {"command_id": str(uuid5(NAMESPACE_URL, f"{kind}/{job_id}/{number}"))}
    return json.dumps({"type": f"lectern.render.{kind}.v1", **named, "job_id": job_id, **body}).encode()


def _asked_again(code: str, message: str) -> bool:
    """Say whether a script failed by an accident: its text damaged, or its request gone with a cluster."""
    return code in OF_ARTIFACTS or (code == "SCRIPT_GENERATION_FAILED" and "ask for it again" in message)


class FrontEnd:
    """Speaks HTTP with the gateway.

    Args:
        url: of the gateway.
    """

    def __init__(self, url: str) -> None:
        self._http = httpx.AsyncClient(base_url=url, timeout=15)

    async def stop(self) -> None:
        """Disconnect."""
        await self._http.aclose()

    async def call(self, method: str, path: str, **more: Any) -> httpx.Response:
        """Call until there is an answer that is not the server's fault."""
        while True:
            with contextlib.suppress(httpx.TransportError):
                answer = await self._http.request(method, path, **more)
                if answer.status_code < 500:
                    return answer
            await asyncio.sleep(PAUSE_SECONDS)

    async def render(self, plan: JobPlan, source: str, options: dict[str, Any]) -> str:
        """Have a script written, approve it, start its film; return the job's id."""
        for number in range(MOST_RETRIES):
            script_id = await self._approved_script(plan, source, number)
            if script_id is not None:
                body = {"script_id": script_id, "options": options}
                answer = await self.call("POST", f"/api/videos/{plan.video_id}/render-jobs", json=body)
                return str(answer.raise_for_status().json()["job_id"])
        raise AssertionError(f"{MOST_RETRIES} scripts of {plan.job_id} had to be asked for again")

    async def _approved_script(self, plan: JobPlan, source: str, number: int) -> str | None:
        """Have a script written and approve it; ``None`` where it has to be asked for again."""
        path = f"/api/videos/{plan.video_id}/scripts/generate"
        headers = {"idempotency-key": f"{plan.job_id}/{number}", "prefer": "wait=5"}
        wish = {"source_text": source, "target_minutes": 0.3}
        answer = await self.call("POST", path, json=wish, headers=headers)
        if answer.is_client_error and _asked_again(answer.json()["code"], answer.json()["detail"]):
            return None
        path = f"/api/scripts/{answer.raise_for_status().json()['script_id']}"

        async def decided() -> dict[str, Any] | None:
            await self.call("POST", f"{path}/approve")  # refused while it is being written
            script: dict[str, Any] = (await self.call("GET", path)).json()
            return script if script["status"] in {"APPROVED", "FAILED"} else None

        script = await eventually(decided, WRITTEN_SECONDS, every=PAUSE_SECONDS)
        assert script is not None
        if script["status"] == "FAILED":
            assert _asked_again(script["error"]["code"], script["error"]["message"]), script
            return None
        return str(script["script_id"])

    async def cancel(self, job_id: str) -> bool:
        """Cancel a job; tell whether it was known."""
        return (await self.call("POST", f"/api/render-jobs/{job_id}/cancel")).status_code != 404


class Desk:
    """Sees each job of the plan through to its end."""

    def __init__(self, backend: Backend, front_end: FrontEnd) -> None:
        self._backend = backend
        self._front_end = front_end
        self.accepted: list[Accepted] = []
        self.cancels = 0
        self.retries = 0
        self.submitted = 0
        self.finished = 0
        self.standing: dict[str, str] = {}
        """What each open job waits for."""

    async def see_through(self, plan: JobPlan) -> None:
        """Submit, perhaps cancel, retry as planned and where artifacts were damaged, until the end."""
        self.standing[plan.job_id] = "is being submitted"
        try:
            await self._see_through(plan)
        except Exception as error:
            self.standing[plan.job_id] += f", and its client gave up: {error!r}"
            raise
        self.finished += 1
        del self.standing[plan.job_id]

    async def _see_through(self, plan: JobPlan) -> None:
        job_id = await self._submit(plan)
        self.submitted += 1
        self.accepted.append(Accepted(job_id, plan.cancel_after is not None and not plan.retry))
        if plan.cancel_after is not None:
            await asyncio.sleep(plan.cancel_after)
            await self._cancel(plan, job_id)
        await self._until_done(plan, job_id)

    async def _submit(self, plan: JobPlan) -> str:
        chance = random.Random(plan.film)
        options = film_options(chance)
        if plan.via is Via.HTTP:
            return await self._front_end.render(plan, lesson(chance), options)
        await self._start(plan)
        return plan.job_id

    async def _start(self, plan: JobPlan) -> None:
        chance = random.Random(plan.film)
        options = film_options(chance)
        wish = {"video_id": plan.video_id, "render_spec": film_spec(chance), "options": options}
        await self._backend.command("start", plan.job_id, 0, named=plan.named, **wish)

    async def _cancel(self, plan: JobPlan, job_id: str) -> None:
        self.cancels += 1
        if plan.number % 2 and await self._front_end.cancel(job_id):
            return
        await self._backend.command("cancel", job_id, 0)

    async def _until_done(self, plan: JobPlan, job_id: str) -> None:
        async def again() -> None:
            if plan.via is Via.KAFKA:
                await self._start(plan)

        def tell(attempt: int) -> None:
            self.standing[plan.job_id] = f"{job_id} attempt {attempt} since {time.strftime('%H:%M:%S')}"

        self.retries += await self._backend.see_through(job_id, again, canceled=plan.retry, tell=tell)
