"""The action cache: one specification for the local folder and for S3."""

import asyncio
import json
import math
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import REGISTRY

from contracts.base import claim_check
from contracts.errors import CanceledError, ErrorCode, TransientError
from services.runtime.artifacts import ActionResult, Blob, Remembered
from services.runtime.artifacts.cache import action_key
from services.runtime.artifacts.store import ArtifactStore
from tests.support.eventually import eventually
from tests.unit.runtime.artifacts.conftest import Bench

INPUTS = {"text": "화재가 나면 대피합니다.", "voice": None, "speed": 0.9, "sentences": [1, 2]}


class Maker:
    """Makes the same thing every time and counts how often it was asked to."""

    def __init__(self, blobs: dict[str, bytes] | None = None, facts: dict[str, Any] | None = None) -> None:
        self.calls = 0
        self.blobs = {"speech": b"RIFF....", "marks": b"[]"} if blobs is None else blobs
        self.facts = {"samples": 96_000, "text": "가"} if facts is None else facts

    async def __call__(self) -> ActionResult:
        self.calls += 1
        return ActionResult({name: Blob(data, "audio/wav") for name, data in self.blobs.items()}, self.facts)


async def remember(
    store: ArtifactStore, make: Callable[[], Awaitable[ActionResult]], inputs: dict[str, Any] | None = None
) -> Remembered:
    return await store.remember("tts", 1, INPUTS if inputs is None else inputs, make)


def counted(stage: str, result: str) -> float:
    return (
        REGISTRY.get_sample_value("lectern_cache_requests_total", {"stage": stage, "result": result}) or 0.0
    )


async def entry_of(bench: Bench) -> str:
    (name,) = await bench.listing("actions")
    return name


async def test_the_second_time_nothing_is_made(store: ArtifactStore) -> None:
    make = Maker()
    first, second = await remember(store, make), await remember(store, make)
    assert make.calls == 1
    assert (first.hit, second.hit) == (False, True)
    assert (first.claims, first.facts) == (second.claims, second.facts)
    assert first.claims == {name: claim_check(data, "audio/wav") for name, data in make.blobs.items()}
    assert await store.get(second.claims["speech"]) == make.blobs["speech"]


async def test_facts_are_the_same_on_a_miss_and_on_a_hit(store: ArtifactStore) -> None:
    make = Maker(blobs={}, facts={"cues": ((0, 48), (48, 96)), "one": {1: "a"}, "ratio": 0.1 + 0.2})
    first, second = await remember(store, make), await remember(store, make)
    assert first.facts == second.facts == {"cues": [[0, 48], [48, 96]], "one": {"1": "a"}, "ratio": 0.1 + 0.2}


@pytest.mark.parametrize(
    "other",
    [
        ("tts", 2, INPUTS),
        ("tts.mock", 1, INPUTS),
        ("tts", 1, {**INPUTS, "voice": "x"}),
        ("tts", 1, {**INPUTS, "speed": 1}),
        ("tts", 1, {}),
    ],
)
async def test_another_stage_version_or_input_is_another_action(
    store: ArtifactStore, other: tuple[str, int, dict[str, Any]]
) -> None:
    make = Maker()
    await remember(store, make)
    assert not (await store.remember(*other, make)).hit
    assert make.calls == 2


async def test_the_order_of_inputs_does_not_matter(store: ArtifactStore) -> None:
    make = Maker()
    await remember(store, make)
    assert (await remember(store, make, dict(reversed(INPUTS.items())))).hit


async def test_a_file_from_a_scratch_folder_is_remembered_after_the_folder_went(
    store: ArtifactStore, tmp_path: Path
) -> None:
    product = tmp_path / "segment.h264"
    product.write_bytes(b"\0\0\1g" * 1000)

    async def make() -> ActionResult:
        return ActionResult({"segment": Blob(product, "video/h264")})

    await remember(store, make)
    product.unlink()
    again = await remember(store, make)
    assert again.hit
    assert await store.get(again.claims["segment"]) == b"\0\0\1g" * 1000


@pytest.mark.parametrize("damage", ["delete", "truncate", "flip", "grow"])
async def test_a_damaged_or_missing_blob_is_made_again_and_replaced(bench: Bench, damage: str) -> None:
    make = Maker()
    first = await remember(bench.store, make)
    claim, data = first.claims["speech"], make.blobs["speech"]
    if damage == "delete":
        await bench.lose(claim)
    else:
        await bench.damage(
            claim, {"truncate": data[:-1], "flip": b"X" + data[1:], "grow": data + b"!"}[damage]
        )
    before = counted("tts", "corrupt")
    again = await remember(bench.store, make)
    assert (again.hit, make.calls) == (False, 2)
    assert again.claims == first.claims
    assert counted("tts", "corrupt") == before + 1
    assert await bench.store.get(claim) == data
    assert (await remember(bench.store, make)).hit


@pytest.mark.parametrize(
    "damaged",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"null",
        b"[]",
        b'{"result": {}}',
        b"[" * 100_000,
        b'{"result":{"claims":{},"facts":{},"key":"0"},"sha256":"0"}',
    ],
    ids=["empty", "cut", "binary", "null", "list", "partial", "deep", "another key"],
)
async def test_a_damaged_entry_is_made_again_and_replaced(bench: Bench, damaged: bytes) -> None:
    make = Maker()
    first = await remember(bench.store, make)
    await bench.overwrite(await entry_of(bench), damaged)
    again = await remember(bench.store, make)
    assert (again.hit, make.calls, again.facts) == (False, 2, first.facts)
    assert (await remember(bench.store, make)).hit


async def test_a_single_changed_digit_in_the_facts_is_noticed(bench: Bench) -> None:
    make = Maker()
    await remember(bench.store, make)
    name = await entry_of(bench)
    stored = await bench.blobs.read(name) or b""
    assert b"96000" in stored
    await bench.overwrite(name, stored.replace(b"96000", b"96001"))
    assert (await remember(bench.store, make)).facts["samples"] == 96_000
    assert make.calls == 2


async def test_the_entry_of_another_action_is_not_taken_for_ours(bench: Bench) -> None:
    await remember(bench.store, Maker(facts={"whose": "theirs"}), {"scene": "theirs"})
    theirs = await bench.blobs.read(await entry_of(bench)) or b""
    await bench.delete(await entry_of(bench))
    await remember(bench.store, Maker(facts={"whose": "ours"}))
    await bench.overwrite(await entry_of(bench), theirs)
    assert (await remember(bench.store, Maker(facts={"whose": "ours"}))).facts == {"whose": "ours"}


@pytest.mark.parametrize(
    "error", [CanceledError(), TransientError(ErrorCode.TTS_FAILED, "the voice is away"), RuntimeError("bug")]
)
async def test_nothing_is_stored_when_making_fails(bench: Bench, error: Exception) -> None:
    async def fail() -> ActionResult:
        raise error

    with pytest.raises(type(error)):
        await remember(bench.store, fail)
    assert await bench.listing("") == []
    assert not (await remember(bench.store, Maker())).hit


async def test_two_at_once_make_once(store: ArtifactStore) -> None:
    make, hits = Maker(), counted("tts", "hit")
    results = await asyncio.gather(*(remember(store, make) for _ in range(10)))
    assert make.calls == 1
    assert sorted(result.hit for result in results) == [False] + [True] * 9
    assert len({result.claims["speech"] for result in results}) == 1
    assert counted("tts", "hit") == hits + 9


async def test_when_the_first_maker_is_cancelled_the_next_one_makes(store: ArtifactStore) -> None:
    begun, make = asyncio.Event(), Maker()

    async def hang() -> ActionResult:
        begun.set()
        await asyncio.Event().wait()
        raise AssertionError

    first = asyncio.create_task(remember(store, hang))
    await begun.wait()
    second = asyncio.create_task(remember(store, make))
    first.cancel()
    result = await second
    assert not result.hit
    with pytest.raises(asyncio.CancelledError):
        await first
    assert make.calls == 1


async def test_an_error_of_one_job_is_not_told_to_another(store: ArtifactStore) -> None:
    release, begun, make = asyncio.Event(), asyncio.Event(), Maker()

    async def cancelled_by_its_job() -> ActionResult:
        begun.set()
        await release.wait()
        raise CanceledError

    first = asyncio.create_task(remember(store, cancelled_by_its_job))
    await begun.wait()
    second = asyncio.create_task(remember(store, make))
    release.set()
    assert (await second).claims
    with pytest.raises(CanceledError):
        await first


async def test_different_actions_do_not_wait_for_each_other(store: ArtifactStore) -> None:
    stuck = asyncio.Event()

    async def wait() -> ActionResult:
        await stuck.wait()
        return ActionResult({})

    first = asyncio.create_task(remember(store, wait, {"scene": 1}))
    assert not (await remember(store, Maker(), {"scene": 2})).hit
    assert not first.done()
    stuck.set()
    assert not (await first).hit


async def test_no_lock_is_kept_for_an_action_that_is_over(store: ArtifactStore) -> None:
    await asyncio.gather(*(remember(store, Maker(), {"scene": scene}) for scene in range(5)))
    await eventually(lambda: store._cache._locks._locks == {})


@pytest.mark.parametrize("stage", ["", "..", "../x", "a/b", "TTS", "tts ", "tts\n", ".tts", "tts."])
async def test_a_stage_is_a_word(store: ArtifactStore, stage: str) -> None:
    with pytest.raises(ValueError, match="name of an action"):
        await store.remember(stage, 1, {}, Maker())


@pytest.mark.parametrize("inputs", [{"x": math.nan}, {"x": b"bytes"}, {"x": {1, 2}}, {"x": "\ud800"}])
def test_inputs_are_json(inputs: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"JSON|surrogates"):
        action_key("tts", 1, inputs)


async def test_facts_that_are_not_json_store_nothing(bench: Bench) -> None:
    with pytest.raises(TypeError):
        await remember(bench.store, Maker(facts={"path": Path()}))
    assert await bench.listing("") == []


async def test_the_entry_says_what_it_holds(bench: Bench) -> None:
    await remember(bench.store, Maker())
    entry = json.loads(await bench.blobs.read(await entry_of(bench)) or b"")
    assert entry["result"]["facts"] == {"samples": 96_000, "text": "가"}
    assert entry["result"]["key"] == action_key("tts", 1, INPUTS)
