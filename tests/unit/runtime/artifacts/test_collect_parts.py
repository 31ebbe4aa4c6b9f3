"""The durable fold: one specification for the local folder and for S3."""

import asyncio
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.errors import ErrorCode, PermanentError
from services.runtime.artifacts.collect_parts import gather
from services.runtime.artifacts.local import LocalBlobs
from services.runtime.artifacts.store import ArtifactStore
from tests.unit.runtime.artifacts.conftest import Bench

KEY = "job-1/1/composition"


def payload(part: int) -> bytes:
    return f"장면 {part}\n".encode() * (part + 1)


def full(parts: int) -> tuple[bytes, ...]:
    return tuple(payload(part) for part in range(parts))


async def test_whoever_completes_the_set_gets_it_in_order(store: ArtifactStore) -> None:
    assert await store.gather(KEY, 2, 3, payload(2)) is None
    assert await store.gather(KEY, 0, 3, payload(0)) is None
    assert await store.gather(KEY, 1, 3, payload(1)) == full(3)


async def test_a_duplicate_before_the_end_completes_nothing_and_after_it_gets_the_set(
    store: ArtifactStore,
) -> None:
    assert await store.gather(KEY, 0, 2, payload(0)) is None
    assert await store.gather(KEY, 0, 2, payload(0)) is None
    assert await store.gather(KEY, 1, 2, payload(1)) == full(2)
    assert await store.gather(KEY, 0, 2, payload(0)) == full(2)


async def test_a_set_of_one_is_complete_at_once(store: ArtifactStore) -> None:
    assert await store.gather(KEY, 0, 1, b"") == (b"",)


async def test_keys_do_not_mix(store: ArtifactStore) -> None:
    names = [KEY, KEY.upper(), "../../" + KEY, "job-1/2/composition", "", "긴" * 3000]
    for key in names:
        assert await store.gather(key, 0, 2, key.encode()) is None
    for key in names:
        assert await store.gather(key, 1, 2, b"end") == (key.encode(), b"end")


async def test_the_first_payload_of_a_part_stays(store: ArtifactStore) -> None:
    await store.gather(KEY, 0, 2, b"first")
    await store.gather(KEY, 0, 2, b"second")
    assert await store.gather(KEY, 1, 2, b"end") == (b"first", b"end")


async def test_another_number_of_parts_is_refused(store: ArtifactStore) -> None:
    await store.gather(KEY, 0, 3, payload(0))
    with pytest.raises(PermanentError) as caught:
        await store.gather(KEY, 1, 2, payload(1))
    assert caught.value.code is ErrorCode.EVENT_MALFORMED


@pytest.mark.parametrize(("part", "parts"), [(-1, 2), (2, 2), (0, 0), (0, -1), (0, 1_000_000)])
async def test_a_part_that_cannot_be_is_refused(bench: Bench, part: int, parts: int) -> None:
    with pytest.raises(PermanentError) as caught:
        await bench.store.gather(KEY, part, parts, b"")
    assert caught.value.code is ErrorCode.EVENT_MALFORMED
    assert await bench.listing("gathers") == []


async def test_a_damaged_part_is_replaced_by_its_own_duplicate(bench: Bench) -> None:
    await bench.store.gather(KEY, 0, 2, payload(0))
    (name,) = await bench.listing("gathers")
    await bench.overwrite(name, b"damaged")
    await bench.store.gather(KEY, 0, 2, payload(0))
    assert await bench.store.gather(KEY, 1, 2, payload(1)) == full(2)


@pytest.mark.parametrize("damage", [b"", b"{}\n", b"[" * 5000, b"\xff\n", None])
async def test_a_set_with_a_damaged_part_is_never_handed_out(bench: Bench, damage: bytes | None) -> None:
    await bench.store.gather(KEY, 0, 2, payload(0))
    (name,) = await bench.listing("gathers")
    stored = await bench.blobs.read(name) or b""
    await bench.overwrite(name, stored[:-1] if damage is None else damage)
    with pytest.raises(PermanentError) as caught:
        await bench.store.gather(KEY, 1, 2, payload(1))
    assert caught.value.code is ErrorCode.ARTIFACT_CORRUPT


async def test_parts_from_everywhere_at_once_complete_it_at_least_once(bench: Bench) -> None:
    parts, workers = 6, [ArtifactStore(bench.blobs) for _ in range(2)]
    calls = [(worker, part) for worker in workers for part in range(parts)]
    random.Random(7).shuffle(calls)
    results = await asyncio.gather(*(w.gather(KEY, part, parts, payload(part)) for w, part in calls))
    complete = [result for result in results if result is not None]
    assert complete
    assert set(complete) == {full(parts)}


@settings(max_examples=40, deadline=None)
@given(data=st.data(), parts=st.integers(1, 6))
def test_any_order_with_any_duplicates_gives_the_same_set(
    data: st.DataObject, parts: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    extra = data.draw(st.lists(st.integers(0, parts - 1), max_size=8))
    order = data.draw(st.permutations([*range(parts), *extra]))
    restarts = data.draw(st.sets(st.integers(0, len(order))))
    root = tmp_path_factory.mktemp("gather")

    async def run() -> None:
        seen: set[int] = set()
        blobs = LocalBlobs(root)
        for step, part in enumerate(order):
            if step in restarts:
                blobs = LocalBlobs(root)
                await blobs.open()
            result = await gather(blobs, KEY, part, parts, payload(part))
            seen.add(part)
            assert result == (full(parts) if len(seen) == parts else None)

    asyncio.run(run())


async def test_more_parts_than_a_page_of_s3_holds(bench: Bench) -> None:
    parts = 1001
    folder_of: str | None = None
    await bench.store.gather(KEY, 0, parts, b"0")
    (name,) = await bench.listing("gathers")
    folder_of = name.rsplit("/", 1)[0]
    slots = asyncio.Semaphore(16)

    async def fill(part: int) -> None:
        async with slots:
            await bench.overwrite(f"{folder_of}/{part:06}-of-{parts:06}", b"x")

    await asyncio.gather(*(fill(part) for part in range(1, parts - 1)))
    assert len(await bench.blobs.names(folder_of)) == parts - 1
    assert await bench.store.gather(KEY, 0, parts, b"0") is None
