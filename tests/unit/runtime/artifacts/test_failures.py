"""What is left when a process dies, a disk fills up, two processes meet, or S3 is away."""

import asyncio
import errno
import hashlib
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import BinaryIO

import pytest

from contracts.base import claim_check
from contracts.errors import ErrorCode, PermanentError, TransientError
from services.runtime.artifacts import ActionResult, Blob, files
from services.runtime.artifacts.bucket import PART_BYTES, S3Location, open_bucket
from services.runtime.artifacts.local import LocalBlobs
from services.runtime.artifacts.settings import ArtifactSettings
from services.runtime.artifacts.store import open_artifacts
from tests.support.eventually import eventually
from tests.support.s3 import S3Server, free_ports

WORKER = Path(__file__).with_name("worker_process.py")
PRODUCT_HASH = hashlib.sha256(b"segment" * 300_000).hexdigest()


def start(home: Path, what: str) -> "subprocess.Popen[str]":
    return subprocess.Popen([sys.executable, WORKER, home, what], stdout=subprocess.PIPE, text=True)


def files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


async def make() -> ActionResult:
    return ActionResult({"segment": Blob(b"segment" * 300_000, "video/h264")}, {"frames": 240})


async def remembered(home: Path) -> bool:
    async with open_artifacts(ArtifactSettings(lectern_home=home)) as artifacts:
        return (await artifacts.remember("composition.segment", 1, {"scene": 1}, make)).hit


async def test_a_death_before_the_rename_leaves_no_blob_and_the_next_process_makes_it(tmp_path: Path) -> None:
    process = start(tmp_path, "die")
    assert (await asyncio.to_thread(process.communicate))[0] == ""
    assert process.returncode == 9
    (left,) = files_in(tmp_path)
    assert left.parent.name == "tmp"
    assert not await remembered(tmp_path)
    assert await remembered(tmp_path)


async def test_drafts_of_the_dead_are_swept_and_those_of_the_living_stay(tmp_path: Path) -> None:
    drafts = tmp_path / "artifacts" / "tmp"
    drafts.mkdir(parents=True)
    old, young = drafts / "old.tmp", drafts / "young.tmp"
    for path in (old, young):
        path.write_bytes(b"partial")
    hour_ago = time.time() - files.STALE_SECONDS - 60
    os.utime(old, (hour_ago, hour_ago))
    async with open_artifacts(ArtifactSettings(lectern_home=tmp_path)):
        assert files_in(tmp_path) == [young]


async def test_a_full_disk_is_said_to_be_full_and_nothing_partial_stays(tmp_path: Path) -> None:
    process = start(tmp_path, "full")
    output, _ = await asyncio.to_thread(process.communicate)
    assert output == "STORAGE_FULL\n"
    assert files_in(tmp_path) == []
    assert not await remembered(tmp_path)


async def test_two_processes_that_make_the_same_thing_agree(tmp_path: Path) -> None:
    both = [start(tmp_path, "make") for _ in range(2)]
    outputs = {(await asyncio.to_thread(process.communicate))[0] for process in both}
    assert outputs == {f"{PRODUCT_HASH} {{'frames': 240}}\n"}
    assert len(files_in(tmp_path / "artifacts" / "blobs")) == 1
    assert await remembered(tmp_path)


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (errno.ENOSPC, ErrorCode.STORAGE_FULL),
        (errno.EDQUOT, ErrorCode.STORAGE_FULL),
        (errno.EIO, ErrorCode.STORAGE_UNAVAILABLE),
        (errno.EROFS, ErrorCode.STORAGE_UNAVAILABLE),
    ],
)
@pytest.mark.parametrize("call", ["fsync", "link", "replace"])
async def test_the_operating_system_is_understood(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, code: ErrorCode, call: str
) -> None:
    store = LocalBlobs(tmp_path)
    await store.open()

    def fail(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, call, fail)
    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(TransientError) as caught:
        await (store.add("gathers/x", b"part") if call == "link" else store.put(Blob(b"data", "text/plain")))
    assert caught.value.code is code
    assert files_in(tmp_path) == []


async def test_without_hard_links_the_first_writer_still_wins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_links(*_: object, **__: object) -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(os, "link", no_links)
    store = LocalBlobs(tmp_path)
    await store.open()
    await store.add("gathers/x", b"first")
    await store.add("gathers/x", b"second")
    assert await store.read("gathers/x") == b"first"


async def test_a_store_whose_folder_was_removed_makes_it_again(tmp_path: Path) -> None:
    store = LocalBlobs(tmp_path / "store")
    await store.open()
    (tmp_path / "store" / "tmp").rmdir()
    claim = await store.put(Blob(b"data", "text/plain"))
    assert await store.get(claim) == b"data"


async def test_a_home_that_cannot_be_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(TransientError) as caught:
        async with open_artifacts(ArtifactSettings(lectern_home=tmp_path / "file")):
            pass
    assert caught.value.code is ErrorCode.STORAGE_UNAVAILABLE


async def test_a_cancelled_caller_waits_for_its_thread() -> None:
    begun, release, ended = threading.Event(), threading.Event(), threading.Event()

    def work() -> None:
        begun.set()
        release.wait(10)
        ended.set()

    task = asyncio.create_task(files.off_loop(work))
    await eventually(begun.is_set)
    task.cancel()
    task.cancel()
    await asyncio.sleep(0)
    assert not task.done()
    release.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended.is_set()


async def test_files_are_read_and_written_off_the_event_loop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop_thread, seen = threading.get_ident(), set[int]()
    really = files.measure

    def measure(*args: object) -> tuple[str, int]:
        seen.add(threading.get_ident())
        return really(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(files, "measure", measure)
    store = LocalBlobs(tmp_path)
    await store.open()
    await store.get(await store.put(Blob(b"data", "text/plain")))
    assert seen
    assert loop_thread not in seen


@pytest.mark.s3
async def test_a_dead_s3_server_is_unavailable(aws_environment: S3Server, tmp_path: Path) -> None:
    (port,) = free_ports(1)
    away = ArtifactSettings(
        artifact_store="s3", artifact_s3_bucket=aws_environment.bucket,
        s3_endpoint_url=f"http://127.0.0.1:{port}", s3_max_attempts=1,
    )  # fmt: skip
    claim = claim_check(b"x", "text/plain")
    async with open_artifacts(away) as artifacts:
        for call in (
            artifacts.put(Blob(b"x", "text/plain")),
            artifacts.get(claim),
            artifacts.fetch(claim, tmp_path),
            artifacts.gather("k", 0, 1, b""),
            artifacts.remember("tts", 1, {}, make),
        ):
            with pytest.raises(TransientError) as caught:
                await call
            assert caught.value.code is ErrorCode.STORAGE_UNAVAILABLE
    assert files_in(tmp_path) == []


@pytest.mark.s3
@pytest.mark.parametrize("wrong", ["bucket", "secret"])
async def test_a_wrong_bucket_or_key_is_unavailable_and_says_no_secret(
    aws_environment: S3Server, monkeypatch: pytest.MonkeyPatch, wrong: str
) -> None:
    if wrong == "secret":
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "not-the-secret")
    settings = ArtifactSettings(
        artifact_store="s3",
        artifact_s3_bucket="no-such-bucket" if wrong == "bucket" else aws_environment.bucket,
        s3_endpoint_url=aws_environment.endpoint_url,
        s3_max_attempts=1,
    )
    async with open_artifacts(settings) as artifacts:
        with pytest.raises(TransientError) as caught:
            await artifacts.put(Blob(b"x", "text/plain"))
    assert caught.value.code is ErrorCode.STORAGE_UNAVAILABLE
    assert "secret" not in caught.value.message


@pytest.mark.s3
async def test_the_settings_open_a_working_store_below_the_prefix(aws_environment: S3Server) -> None:
    settings = ArtifactSettings(
        artifact_store="s3", artifact_s3_bucket=aws_environment.bucket,
        artifact_s3_prefix="/opened/here", s3_endpoint_url=aws_environment.endpoint_url,
    )  # fmt: skip
    async with open_artifacts(settings) as artifacts:
        claim = await artifacts.put(Blob(b"data", "text/plain"))
    async with open_bucket(
        S3Location(aws_environment.bucket, "opened/here/", aws_environment.endpoint_url)
    ) as bucket:
        assert await bucket.size(f"blobs/{claim.sha256[:2]}/{claim.sha256[2:]}") == 4


@pytest.mark.s3
async def test_an_upload_that_is_stopped_leaves_neither_object_nor_parts(aws_environment: S3Server) -> None:
    location = S3Location(aws_environment.bucket, "stopped/", aws_environment.endpoint_url)
    checks = 0

    def stop_at_the_third_part() -> None:
        nonlocal checks
        checks += 1
        if checks == 4:
            raise PermanentError(ErrorCode.CANCELED, "stop")

    async with open_bucket(location) as bucket:
        with pytest.raises(PermanentError):
            await bucket.put("film", b"x" * (3 * PART_BYTES), "video/mp4", check=stop_at_the_third_part)
        assert checks == 4
        uploads = await bucket._client.list_multipart_uploads(Bucket=location.bucket, Prefix="stopped/")
        assert uploads.get("Uploads", []) == []
        assert await bucket.names("") == []


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "ARTIFACT_STORE": "s3",
        "ARTIFACT_S3_BUCKET": "films",
        "ARTIFACT_S3_PREFIX": "a/",
        "S3_ENDPOINT_URL": "",
        "AWS_S3_REGION": "eu-central-1",
        "LECTERN_HOME": "/var/lib/lectern",
    }.items():
        monkeypatch.setenv(name, value)
    settings = ArtifactSettings()
    assert settings == ArtifactSettings(
        artifact_store="s3", artifact_s3_bucket="films", artifact_s3_prefix="a/", s3_endpoint_url=None,
        aws_s3_region="eu-central-1", lectern_home=Path("/var/lib/lectern"),
    )  # fmt: skip


def test_s3_without_a_bucket_is_a_wrong_setting() -> None:
    with pytest.raises(ValueError, match="ARTIFACT_S3_BUCKET"):
        ArtifactSettings(artifact_store="s3")


async def test_a_copy_that_nobody_waits_for_stops_at_its_next_chunk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cancelled job does not store its film to the end."""
    copied: list[int] = []
    going, waiting = threading.Event(), threading.Event()
    write = files._write_all

    def slowly(stream: BinaryIO, chunk: bytes) -> None:
        copied.append(len(chunk))
        going.set()
        waiting.wait(10)
        write(stream, chunk)

    monkeypatch.setattr(files, "_write_all", slowly)
    store = LocalBlobs(tmp_path / "store")
    await store.open()
    task = asyncio.create_task(store.put(Blob(bytes(40 * files.CHUNK_BYTES), "video/mp4")))
    await asyncio.to_thread(going.wait, 10)
    task.cancel()
    await asyncio.sleep(0)
    waiting.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert len(copied) < 40
    assert [path for path in (tmp_path / "store").rglob("*") if path.is_file()] == []
    claim = await store.put(Blob(b"the next one", "video/mp4"))
    assert await store.get(claim) == b"the next one"
