"""Blobs: one specification for the local folder and for S3."""

import asyncio
import hashlib
from pathlib import Path

import pytest

from contracts.base import ClaimCheck, claim_check
from contracts.errors import ErrorCode, PermanentError
from services.runtime.artifacts import Blob
from services.runtime.artifacts.store import ArtifactStore
from tests.unit.runtime.artifacts.conftest import Bench

TEXT = "안전모는 작업장에 들어가기 전에 착용합니다.".encode()
LARGE = bytes(range(256)) * (20 << 12)  # 20 MiB: three parts on S3


def names_in(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


async def test_a_stored_blob_comes_back_with_the_claim_of_its_bytes(store: ArtifactStore) -> None:
    claim = await store.put(Blob(TEXT, "text/plain"))
    assert claim == claim_check(TEXT, "text/plain")
    assert await store.get(claim) == TEXT


async def test_a_file_and_the_same_bytes_are_one_blob(bench: Bench, tmp_path: Path) -> None:
    source = tmp_path / "speech.wav"
    source.write_bytes(TEXT)
    assert await bench.store.put(Blob(source, "audio/wav")) == claim_check(TEXT, "audio/wav")
    await bench.store.put(Blob(TEXT, "text/plain"))
    assert len(await bench.listing("blobs")) == 1


@pytest.mark.parametrize("data", [b"", b"\0", LARGE], ids=["empty", "one byte", "twenty mebibytes"])
async def test_any_size_goes_in_and_out(bench: Bench, tmp_path: Path, data: bytes) -> None:
    source = tmp_path / "in.bin"
    source.write_bytes(data)
    claim = await bench.store.put(Blob(source, "application/octet-stream"))
    assert claim.bytes == len(data)
    assert await bench.store.get(claim) == data
    assert (await bench.store.fetch(claim, tmp_path)).read_bytes() == data
    assert await bench.blobs.intact(claim)


async def test_fetch_gives_a_private_file_with_the_usual_suffix(store: ArtifactStore, tmp_path: Path) -> None:
    claim = await store.put(Blob(TEXT, "image/png"))
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    path = await store.fetch(claim, scratch)
    assert path.parent == scratch
    assert path.suffix == ".png"
    path.write_bytes(b"written to against the rules")
    assert await store.get(claim) == TEXT
    assert (await store.fetch(claim, scratch)).read_bytes() == TEXT
    assert names_in(scratch) == [path.name]


async def test_a_blob_that_was_never_stored_is_missing(bench: Bench, tmp_path: Path) -> None:
    claim = claim_check(b"never stored", "text/plain")
    for call in (bench.store.get(claim), bench.store.fetch(claim, tmp_path)):
        with pytest.raises(PermanentError) as caught:
            await call
        assert caught.value.code is ErrorCode.ARTIFACT_MISSING
        assert claim.sha256 in caught.value.message
    assert not await bench.blobs.intact(claim)


@pytest.mark.parametrize(
    "damaged",
    [TEXT[:-1], b"", TEXT + b"\0", bytes([TEXT[0] ^ 1]) + TEXT[1:]],
    ids=["truncated", "emptied", "longer", "one bit flipped"],
)
async def test_a_damaged_blob_is_never_handed_out(bench: Bench, tmp_path: Path, damaged: bytes) -> None:
    claim = await bench.store.put(Blob(TEXT, "text/plain"))
    await bench.damage(claim, damaged)
    folder = tmp_path / "scratch"
    folder.mkdir()
    for call in (bench.store.get(claim), bench.store.fetch(claim, folder)):
        with pytest.raises(PermanentError) as caught:
            await call
        assert caught.value.code is ErrorCode.ARTIFACT_CORRUPT
    assert names_in(folder) == []
    assert not await bench.blobs.intact(claim)


async def test_storing_again_heals_a_damaged_blob(bench: Bench) -> None:
    claim = await bench.store.put(Blob(TEXT, "text/plain"))
    await bench.damage(claim, TEXT[::-1])
    assert await bench.store.put(Blob(TEXT, "text/plain")) == claim
    assert await bench.store.get(claim) == TEXT


@pytest.mark.parametrize("size", [0, 1, 10**15])
async def test_a_claim_that_lies_about_the_size_is_refused(bench: Bench, tmp_path: Path, size: int) -> None:
    claim = (await bench.store.put(Blob(TEXT, "text/plain"))).model_copy(update={"bytes": size})
    for call in (bench.store.get(claim), bench.store.fetch(claim, tmp_path)):
        with pytest.raises(PermanentError) as caught:
            await call
        assert caught.value.code is ErrorCode.ARTIFACT_CORRUPT


@pytest.mark.parametrize(
    ("uri", "sha256"),
    [
        ("cas:" + "0" * 64, "1" * 64),
        ("cas:../../../etc/passwd", "../../../etc/passwd"),
        ("file:///etc/passwd", "0" * 64),
        ("cas:" + "A" * 64, "A" * 64),
        ("cas:" + "0" * 64 + "\n", "0" * 64 + "\n"),
        ("cas:", ""),
    ],
)
async def test_a_hostile_claim_reaches_no_path(bench: Bench, tmp_path: Path, uri: str, sha256: str) -> None:
    claim = ClaimCheck.model_construct(uri=uri, sha256=sha256, bytes=1, media_type="text/plain")
    for call in (bench.store.get(claim), bench.store.fetch(claim, tmp_path), bench.blobs.intact(claim)):
        with pytest.raises(PermanentError) as caught:
            await call
        assert caught.value.code is ErrorCode.ARTIFACT_CORRUPT


async def test_many_writers_of_one_blob_leave_it_whole(bench: Bench, tmp_path: Path) -> None:
    data = hashlib.sha256(b"seed").digest() * 20_000
    claims = await asyncio.gather(*(bench.store.put(Blob(data, "video/mp4")) for _ in range(8)))
    assert len(set(claims)) == 1
    paths = await asyncio.gather(*(bench.store.fetch(claims[0], tmp_path) for _ in range(8)))
    assert {path.read_bytes() for path in paths} == {data}
    assert len(await bench.listing("blobs")) == 1


async def test_a_look_says_which_blobs_are_there_with_their_size(bench: Bench) -> None:
    there = await bench.store.put(Blob(TEXT, "text/plain"))
    cut = await bench.store.put(Blob(LARGE[:1000], "audio/wav"))
    await bench.damage(cut, LARGE[:999])
    assert await bench.store.holds([cut, there, claim_check(b"elsewhere", "text/plain")]) == [
        False,
        True,
        False,
    ]
    assert await bench.store.holds([]) == []
