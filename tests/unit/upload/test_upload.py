"""The upload stage against a real folder and a real S3 server, with real artifacts."""

import errno
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID, uuid4, uuid5

import aioboto3
import httpx
import pytest
from pydantic import SecretStr

from contracts.base import NAMESPACE, claim_check
from contracts.cloudevents import parse_event, value_of
from contracts.errors import CanceledError, ErrorCode, LecternError, PermanentError, TransientError
from contracts.events import AssetsUploaded, FilmFiles, VideoComposed
from contracts.rendering import RenderSettings
from contracts.steps import Step
from contracts.topics import VIDEO_COMPOSED
from services.runtime.artifacts import Artifacts, Blob, files
from services.runtime.artifacts.bucket import PART_BYTES
from services.runtime.artifacts.settings import ArtifactSettings
from services.runtime.artifacts.store import open_artifacts
from services.runtime.cancel import CancelToken
from services.runtime.published_files import AssetAccess, open_asset_bucket, unguessable_part
from services.upload.actor import build
from services.upload.settings import UploadSettings
from tests.support.s3 import S3Server

T = TypeVar("T")

SECRET = "a-secret-that-is-long-enough-for-it"

CONTENTS = {
    "video": ("video/mp4", bytes(range(256)) * 10_000),  # 2.5 MB: several chunks
    "srt": ("application/x-subrip", "1\n00:00:00,500 --> 00:00:03,000\n안전모를 씁니다.\n".encode()),
    "vtt": ("text/vtt", "WEBVTT\n\n00:00.500 --> 00:03.000\n안전모를 씁니다.\n".encode()),
    "thumbnail": ("image/jpeg", b"\xff\xd8\xff" + bytes(900)),
    "report": ("application/json", b'{"passed":true}'),
}
NAMES = ["report.json", "subtitles.srt", "subtitles.vtt", "thumb.jpg", "video.mp4"]


@dataclass
class Hands:
    """The part of the engine's context that the stage uses."""

    event: VideoComposed
    artifacts: Artifacts
    scratch: Path
    cancel: CancelToken = field(default_factory=CancelToken)
    shares: list[float] = field(default_factory=list)
    on_report: Callable[[], None] = lambda: None

    def output_id(self, index: int | str = 0) -> UUID:
        return uuid5(NAMESPACE, f"{self.event.event_id}/{index}")

    async def run(self, work: Callable[..., T], /, *args: Any) -> T:
        return work(*args)

    async def report(self, share: float) -> None:
        self.shares.append(share)
        self.on_report()


class Bench:
    """A started upload stage over real artifacts."""

    def __init__(self, settings: UploadSettings, artifacts: Artifacts, folder: Path) -> None:
        self.actor = build(settings)
        self.artifacts = artifacts
        self.folder = folder
        self.hands: Hands

    async def composed(self, **changes: object) -> VideoComposed:
        claims = {
            kind: await self.artifacts.put(Blob(data, type_)) for kind, (type_, data) in CONTENTS.items()
        }
        event = VideoComposed(
            event_id=uuid5(NAMESPACE, "composed"),
            job_id="job-1",
            attempt=1,
            video_id="video-1",
            script_id="script-1",
            settings=RenderSettings(),
            language="ko",
            files=FilmFiles(**claims),
            frames=4320,
            duration_sec=180.0,
        )
        return event.model_copy(update=changes)

    async def upload(
        self, event: VideoComposed, prepare: Callable[[Hands], None] = lambda _: None
    ) -> AssetsUploaded:
        scratch = self.folder / f"scratch-{uuid4().hex}"
        scratch.mkdir()
        self.hands = Hands(event, self.artifacts, scratch)
        prepare(self.hands)
        (output,) = await self.actor.subscriptions[0].handle(event, self.hands)
        assert isinstance(output, AssetsUploaded)
        return output


@asynccontextmanager
async def started(settings: UploadSettings, folder: Path) -> AsyncIterator[Bench]:
    async with open_artifacts(ArtifactSettings(lectern_home=folder / "home")) as artifacts:
        bench = Bench(settings, artifacts, folder)
        await bench.actor.start()
        try:
            yield bench
        finally:
            await bench.actor.stop()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "assets"


@pytest.fixture
async def bench(root: Path, tmp_path: Path) -> AsyncIterator[Bench]:
    settings = UploadSettings(storage_local_dir=root, storage_secret=SecretStr(SECRET))
    async with started(settings, tmp_path) as bench:
        yield bench


def files_in(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


async def failure(work: Awaitable[object]) -> LecternError:
    with pytest.raises(LecternError) as caught:
        await work
    return caught.value


def test_the_stage_takes_composed_videos_and_is_the_upload_step(bench: Bench) -> None:
    (subscription,) = bench.actor.subscriptions
    assert (bench.actor.name, subscription.topic, subscription.step) == (
        "upload",
        VIDEO_COMPOSED,
        Step.UPLOAD_ASSETS,
    )


async def test_all_five_files_stand_under_their_keys(bench: Bench, root: Path) -> None:
    output = await bench.upload(await bench.composed())
    folder = root / "videos/video-1/script-1/job-1"
    assert [path.relative_to(folder).name for path in files_in(root)] == NAMES
    for asset in output.assets:
        media_type, data = CONTENTS[asset.kind]
        assert (root / asset.key).read_bytes() == data
        assert asset.url == f"/assets/{asset.key}"
        assert (asset.size_bytes, asset.content_type) == (len(data), media_type)
        assert asset.sha256 == claim_check(data, media_type).sha256
    assert (output.frames, output.duration_sec, output.job_id) == (4320, 180.0, "job-1")
    assert parse_event(value_of(output)) == output


async def test_progress_is_reported_after_each_file(bench: Bench) -> None:
    await bench.upload(await bench.composed())
    assert bench.hands.shares == [0.2, 0.4, 0.6, 0.8]


async def test_a_spec_without_a_script_goes_under_inline(bench: Bench) -> None:
    output = await bench.upload(await bench.composed(script_id=None))
    folder = "videos/video-1/inline/job-1"
    part = unguessable_part(SECRET.encode(), folder)
    assert {asset.key.rsplit("/", 1)[0] for asset in output.assets} == {f"{folder}/{part}"}


async def test_public_films_lie_where_their_ids_say(root: Path, tmp_path: Path) -> None:
    settings = UploadSettings(storage_local_dir=root, storage_assets=AssetAccess.PUBLIC)
    async with started(settings, tmp_path) as bench:
        output = await bench.upload(await bench.composed())
    assert {asset.key.rsplit("/", 1)[0] for asset in output.assets} == {"videos/video-1/script-1/job-1"}


async def test_every_worker_and_every_replay_gives_a_job_the_same_addresses(
    root: Path, tmp_path: Path
) -> None:
    told = []
    for _ in range(2):
        settings = UploadSettings(storage_local_dir=root)
        async with started(settings, tmp_path) as one, started(settings, tmp_path) as two:
            event = await one.composed()
            told += [value_of(await one.upload(event)), value_of(await two.upload(event))]
    assert len(set(told)) == 1
    assert len(files_in(root)) == 5


async def test_a_redelivered_record_gives_the_same_bytes_and_writes_nothing(bench: Bench, root: Path) -> None:
    event = await bench.composed()
    first = await bench.upload(event)
    before = [(path, path.stat().st_ino, path.stat().st_mtime_ns) for path in files_in(root)]
    assert value_of(await bench.upload(event)) == value_of(first)
    assert [(path, path.stat().st_ino, path.stat().st_mtime_ns) for path in files_in(root)] == before


@pytest.mark.parametrize("damage", [b"", b"damaged", None])
async def test_a_damaged_or_missing_file_is_stored_again(
    bench: Bench, root: Path, damage: bytes | None
) -> None:
    event = await bench.composed()
    video = root / (await bench.upload(event)).assets[0].key
    video.unlink() if damage is None else video.write_bytes(damage)
    await bench.upload(event)
    assert video.read_bytes() == CONTENTS["video"][1]


@pytest.mark.parametrize(
    "hostile", ["..", ".", "", "../../etc", "a/b", "/etc", "a\0b", "a\n", ".hidden", "-x" + "y" * 200, "가"]
)
@pytest.mark.parametrize("name", ["video_id", "script_id", "job_id"])
async def test_an_id_never_leads_out_of_the_folder(bench: Bench, root: Path, name: str, hostile: str) -> None:
    error = await failure(bench.upload(await bench.composed(**{name: hostile})))
    assert isinstance(error, PermanentError)
    assert error.code is ErrorCode.EVENT_MALFORMED
    assert files_in(root) == []


def link_away(root: Path, elsewhere: Path) -> Path:
    root.mkdir()
    elsewhere.mkdir()
    (root / "videos").symlink_to(elsewhere)
    return elsewhere


async def test_a_link_never_leads_out_of_the_folder(bench: Bench, root: Path, tmp_path: Path) -> None:
    elsewhere = link_away(root, tmp_path / "elsewhere")
    error = await failure(bench.upload(await bench.composed()))
    assert error.code is ErrorCode.STORAGE_UPLOAD_FAILED
    assert files_in(elsewhere) == []


async def test_a_cancelled_job_stores_nothing_more(bench: Bench, root: Path) -> None:
    def cancel_after_the_second_file(hands: Hands) -> None:
        hands.on_report = lambda: hands.cancel.cancel() if len(hands.shares) == 2 else None

    error = await failure(bench.upload(await bench.composed(), cancel_after_the_second_file))
    assert isinstance(error, CanceledError)
    assert [path.name for path in files_in(root)] == ["subtitles.srt", "video.mp4"]


async def test_a_job_cancelled_beforehand_does_not_even_fetch(bench: Bench) -> None:
    event = await bench.composed()
    gone = event.files.model_copy(update={"video": claim_check(b"never made", "video/mp4")})
    error = await failure(
        bench.upload(event.model_copy(update={"files": gone}), lambda hands: hands.cancel.cancel())
    )
    assert isinstance(error, CanceledError)


async def test_cancelling_inside_a_file_removes_its_draft(
    bench: Bench, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drafts: list[list[Path]] = []

    class CancelInTheMiddle(CancelToken):
        def check(self) -> None:
            if (root / ".drafts").is_dir() and (now := files_in(root / ".drafts")):
                drafts.append(now)
                if len(drafts) == 3:
                    self.cancel()
            super().check()

    def prepare(hands: Hands) -> None:
        hands.cancel = CancelInTheMiddle()

    error = await failure(bench.upload(await bench.composed(), prepare))
    assert isinstance(error, CanceledError)
    assert len(drafts) == 3
    assert files_in(root) == []


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (errno.ENOSPC, ErrorCode.STORAGE_FULL),
        (errno.EDQUOT, ErrorCode.STORAGE_FULL),
        (errno.EIO, ErrorCode.STORAGE_UPLOAD_FAILED),
        (errno.EROFS, ErrorCode.STORAGE_UPLOAD_FAILED),
    ],
)
async def test_a_disk_that_fails_leaves_no_temporary_file(
    bench: Bench, root: Path, monkeypatch: pytest.MonkeyPatch, number: int, code: ErrorCode
) -> None:
    event = await bench.composed()

    def fail(_descriptor: int) -> None:
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as broken:
        broken.setattr(os, "fsync", fail)
        root.joinpath(".drafts").mkdir(parents=True)
        error = await failure(bench.upload(event))
    assert isinstance(error, TransientError)
    assert error.code is code
    assert files_in(root) == []
    await bench.upload(event)
    assert len(files_in(root)) == 5


async def test_a_disk_that_lies_is_noticed(bench: Bench, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    event = await bench.composed()
    publish = files.Draft.publish

    def publish_and_lose(draft: files.Draft, target: Path) -> None:
        publish(draft, target)
        target.write_bytes(target.read_bytes()[:-1])

    monkeypatch.setattr(files.Draft, "publish", publish_and_lose)
    error = await failure(bench.upload(event))
    assert isinstance(error, TransientError)
    assert error.code is ErrorCode.STORAGE_UPLOAD_FAILED
    assert "reads back differently" in error.message


async def test_a_missing_artifact_fails_the_job_with_its_own_code(bench: Bench, root: Path) -> None:
    event = await bench.composed()
    gone = event.files.model_copy(update={"srt": claim_check(b"never made", "application/x-subrip")})
    error = await failure(bench.upload(event.model_copy(update={"files": gone})))
    assert isinstance(error, PermanentError)
    assert error.code is ErrorCode.ARTIFACT_MISSING


async def test_a_forged_media_type_is_not_served(bench: Bench) -> None:
    event = await bench.composed()
    forged = event.files.video.model_copy(update={"media_type": "text/html"})
    output = await bench.upload(
        event.model_copy(update={"files": event.files.model_copy(update={"video": forged})})
    )
    assert output.assets[0].content_type == "video/mp4"


@pytest.mark.parametrize(
    ("environment", "url"),
    [
        ({}, "/assets"),
        ({"STORAGE_PUBLIC_BASE_URL": "https://cdn.example.com/v/"}, "https://cdn.example.com/v"),
        ({"STORAGE_PUBLIC_BASE_URL": "/films/"}, "/films"),
        (
            {"STORAGE_PROVIDER": "s3", "AWS_S3_BUCKET": "films"},
            "https://films.s3.ap-northeast-2.amazonaws.com",
        ),
        (
            {"STORAGE_PROVIDER": "s3", "AWS_S3_BUCKET": "films", "S3_ENDPOINT_URL": "http://minio:9000/"},
            "http://minio:9000/films",
        ),
    ],
)
def test_where_a_key_is_found(monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], url: str) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert UploadSettings().base_url == url


def test_local_files_lie_below_the_home_unless_said_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    assert UploadSettings().local_dir == Path("data/assets")
    monkeypatch.setenv("LECTERN_HOME", "/srv/lectern")
    assert UploadSettings().local_dir == Path("/srv/lectern/assets")
    monkeypatch.setenv("STORAGE_LOCAL_DIR", "/srv/films")
    assert UploadSettings().local_dir == Path("/srv/films")


@pytest.mark.parametrize(
    "environment",
    [
        {"STORAGE_PROVIDER": "s3"},
        {"STORAGE_PROVIDER": "ftp"},
        {"STORAGE_PUBLIC_BASE_URL": "/"},
        {"STORAGE_PUBLIC_BASE_URL": "javascript:alert(1)"},
        {"STORAGE_PROVIDER": "s3", "AWS_S3_BUCKET": "films", "S3_ENDPOINT_URL": "http://key:word@minio:9000"},
        {"STORAGE_ASSETS": "secret"},
        {"STORAGE_SECRET": "short"},
        {"STORAGE_PUBLIC_BASE_URL": "https://cdn.example.com/?x="},
    ],
)
def test_wrong_settings_are_refused(monkeypatch: pytest.MonkeyPatch, environment: dict[str, str]) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ValueError, match=r"STORAGE|storage"):
        UploadSettings()


# --- S3 ---------------------------------------------------------------------------------------------------


@pytest.fixture
async def s3_bench(
    s3_server: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Bench]:
    for name, value in s3_server.environment.items():
        monkeypatch.setenv(name, value)
    settings = UploadSettings(
        storage_provider="s3",
        aws_s3_bucket=s3_server.bucket,
        s3_endpoint_url=s3_server.endpoint_url,
        s3_max_attempts=1,
    )
    async with started(settings, tmp_path) as bench:
        yield bench


async def objects(server: S3Server, prefix: str) -> dict[str, tuple[bytes, str]]:
    session = aioboto3.Session(server.access_key, server.secret_key, region_name=server.region)
    found = {}
    async with session.client("s3", endpoint_url=server.endpoint_url) as client:
        listing = await client.list_objects_v2(Bucket=server.bucket, Prefix=prefix)
        for item in listing.get("Contents", ()):
            got = await client.get_object(Bucket=server.bucket, Key=item["Key"])
            found[item["Key"]] = (await got["Body"].read(), got["ContentType"])
    return found


@pytest.mark.s3
async def test_s3_has_the_files_with_their_types(s3_bench: Bench, s3_server: S3Server) -> None:
    job = f"job-{uuid4().hex}"
    event = await s3_bench.composed(job_id=job)
    first, again = await s3_bench.upload(event), await s3_bench.upload(event)
    assert value_of(first) == value_of(again)
    stored = await objects(s3_server, f"videos/video-1/script-1/{job}/")
    assert stored == {asset.key: CONTENTS[asset.kind][::-1] for asset in first.assets}
    assert first.assets[0].url == f"{s3_server.endpoint_url}/{s3_server.bucket}/{first.assets[0].key}"


@pytest.mark.s3
async def test_a_link_of_s3s_own_opens_one_object_of_a_bucket_that_is_closed(
    s3_bench: Bench, s3_server: S3Server
) -> None:
    output = await s3_bench.upload(await s3_bench.composed(job_id=f"job-{uuid4().hex}"))
    video, subtitles = output.assets[:2]
    settings = UploadSettings(
        storage_provider="s3", aws_s3_bucket=s3_server.bucket, s3_endpoint_url=s3_server.endpoint_url
    )
    async with open_asset_bucket(settings) as bucket:
        link = await bucket.link(video.key, 60)
    assert "X-Amz-Expires=60" in link
    async with httpx.AsyncClient(trust_env=False) as client:
        assert (await client.get(link)).content == CONTENTS["video"][1]
        for closed in (video.url, link.replace(video.key, subtitles.key), link.replace("=60", "=600")):
            assert (await client.get(closed)).status_code == 403


@pytest.mark.s3
async def test_s3_gets_nothing_of_a_film_cancelled_between_two_parts(
    s3_bench: Bench, s3_server: S3Server
) -> None:
    job, checks = f"job-{uuid4().hex}", 0
    claim = await s3_bench.artifacts.put(Blob(bytes(2 * PART_BYTES + 1), "video/mp4"))
    event = await s3_bench.composed(job_id=job)
    event = event.model_copy(update={"files": event.files.model_copy(update={"video": claim})})

    class CancelLate(CancelToken):
        def check(self) -> None:
            nonlocal checks
            checks += 1
            if checks == 1 + 18 + 1 + 2:  # the file, its chunks while it is hashed, the upload, two parts
                self.cancel()
            super().check()

    def prepare(hands: Hands) -> None:
        hands.cancel = CancelLate()

    assert isinstance(await failure(s3_bench.upload(event, prepare)), CanceledError)
    assert await objects(s3_server, f"videos/video-1/script-1/{job}/") == {}


@pytest.mark.s3
async def test_an_s3_that_refuses_is_a_failed_upload(
    s3_server: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in s3_server.environment.items():
        monkeypatch.setenv(name, value)
    settings = UploadSettings(
        storage_provider="s3", aws_s3_bucket="no-such-bucket", s3_endpoint_url=s3_server.endpoint_url
    )
    async with started(settings, tmp_path) as bench:
        error = await failure(bench.upload(await bench.composed()))
    assert isinstance(error, TransientError)
    assert error.code is ErrorCode.STORAGE_UPLOAD_FAILED
