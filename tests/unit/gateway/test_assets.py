import asyncio
import os
from pathlib import Path

import pytest

from services.gateway.http.routes.assets import find
from tests.unit.gateway.conftest import Harness

BODY = bytes(range(256)) * 400
KEY = "videos/v-1/s-1/j-1/video.mp4"


@pytest.fixture
def folder(harness: Harness) -> Path:
    root = harness.gateway.settings.assets_dir
    file = root / KEY
    file.parent.mkdir(parents=True)
    file.write_bytes(BODY)
    (file.parent / "subtitles.srt").write_text("1\n", encoding="utf-8")
    (file.parent / "subtitles.vtt").write_text("WEBVTT\n", encoding="utf-8")
    (file.parent / "thumb.jpg").write_bytes(b"\xff\xd8")
    (file.parent / "report.json").write_text("{}", encoding="utf-8")
    return root


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("video.mp4", "video/mp4"),
        ("subtitles.srt", "application/x-subrip; charset=utf-8"),
        ("subtitles.vtt", "text/vtt; charset=utf-8"),
        ("thumb.jpg", "image/jpeg"),
        ("report.json", "application/json"),
    ],
)
async def test_files_have_their_types(harness: Harness, folder: Path, name: str, kind: str) -> None:
    path = f"/assets/videos/v-1/s-1/j-1/{name}"
    got, head = await harness.client.get(path), await harness.client.head(path)
    assert got.status_code == head.status_code == 200
    assert got.headers["content-type"] == head.headers["content-type"] == kind
    assert got.headers["content-disposition"] == f'inline; filename="{name}"'
    assert got.headers["x-content-type-options"] == "nosniff"
    assert got.headers["accept-ranges"] == "bytes"
    assert head.content == b""
    assert (
        head.headers["content-length"]
        == str(len(got.content))
        == str((folder / "videos/v-1/s-1/j-1" / name).stat().st_size)
    )


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [
        ("bytes=0-99", 0, 100),
        ("bytes=100-", 100, len(BODY)),
        ("bytes=-50", len(BODY) - 50, len(BODY)),
        ("bytes=102399-999999", 102_399, len(BODY)),
    ],
)
async def test_a_range_is_that_part(harness: Harness, folder: Path, asked: str, start: int, end: int) -> None:
    answer = await harness.client.get(f"/assets/{KEY}", headers={"Range": asked})
    assert answer.status_code == 206
    assert answer.content == BODY[start:end]
    assert answer.headers["content-range"] == f"bytes {start}-{end - 1}/{len(BODY)}"
    assert answer.headers["content-type"] == "video/mp4"


async def test_several_ranges_come_in_parts(harness: Harness, folder: Path) -> None:
    answer = await harness.client.get(f"/assets/{KEY}", headers={"Range": "bytes=0-9,1000-1009"})
    assert answer.status_code == 206
    assert answer.headers["content-type"].startswith("multipart/byteranges")
    assert BODY[1000:1010] in answer.content


async def test_a_range_past_the_end_is_a_problem(harness: Harness, folder: Path) -> None:
    answer = await harness.client.get(f"/assets/{KEY}", headers={"Range": "bytes=999999-"})
    assert (answer.status_code, answer.json()["code"]) == (416, "RANGE_NOT_SATISFIABLE")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["content-range"] == f"bytes */{len(BODY)}"


@pytest.mark.parametrize("nonsense", ["bytes", "bytes=", "bytes=x-y", "apples=0-1", "bytes=5-2"])
async def test_a_malformed_range_is_ignored(harness: Harness, folder: Path, nonsense: str) -> None:
    answer = await harness.client.get(f"/assets/{KEY}", headers={"Range": nonsense})
    assert answer.status_code == 200
    assert answer.content == BODY


async def test_validators_save_the_download(harness: Harness, folder: Path) -> None:
    first = await harness.client.get(f"/assets/{KEY}")
    tag = first.headers["etag"]
    for header in (tag, f'"other", W/{tag}', "*"):
        again = await harness.client.get(f"/assets/{KEY}", headers={"If-None-Match": header})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == tag
    part = await harness.client.get(f"/assets/{KEY}", headers={"Range": "bytes=0-0", "If-Range": tag})
    assert part.status_code == 206
    (folder / KEY).write_bytes(b"another film")
    changed = await harness.client.get(f"/assets/{KEY}", headers={"If-None-Match": tag})
    assert (changed.status_code, changed.content) == (200, b"another film")
    whole = await harness.client.get(f"/assets/{KEY}", headers={"Range": "bytes=0-0", "If-Range": tag})
    assert (whole.status_code, whole.content) == (200, b"another film")


async def test_what_is_not_there_is_a_problem(harness: Harness, folder: Path) -> None:
    for path in ("/assets/videos/v-1/none.mp4", "/assets/videos", "/assets/", f"/assets/{KEY}/x.mp4"):
        answer = await harness.client.get(path)
        assert (answer.status_code, answer.json()["code"]) == (404, "ASSET_NOT_FOUND"), path


def test_nothing_outside_the_folder_or_hidden_in_it_exists(tmp_path: Path) -> None:
    root = tmp_path / "assets"
    (root / "videos").mkdir(parents=True)
    secret = tmp_path / "secret.json"
    secret.write_text("{}")
    good = root / "videos" / "video.mp4"
    good.write_bytes(b"x")
    (root / "link.json").symlink_to(secret)
    (root / "up").symlink_to(tmp_path)
    (root / "loop.json").symlink_to(root / "loop.json")
    (root / "videos" / ".draft.mp4").write_bytes(b"x")
    (root / "videos" / "notes.txt").write_bytes(b"x")
    (root / "folder.json").mkdir()
    os.mkfifo(root / "pipe.json")
    found = find(root, "videos/video.mp4")
    assert found is not None
    assert found[0] == good.resolve()
    for key in (
        "../secret.json", "videos/../../secret.json", str(secret), "link.json", "up/secret.json", "loop.json",
        "videos/.draft.mp4", "videos/notes.txt", "folder.json", "pipe.json", "videos//video.mp4", "", ".",
        "videos/video.mp4/", "videos\\video.mp4", "a\0.json", "x" * 5_000 + ".json", "videos/video.MP4",
    ):  # fmt: skip
        assert find(root, key) is None, key


@pytest.mark.parametrize(
    "path",
    ["/assets/../ledger.db", "/assets/%2e%2e/ledger.db", "/assets/..%2fledger.db", "/assets//etc/x.json"],
)
async def test_raw_paths_do_not_climb_out(served: Harness, path: str) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", int(served.url.rsplit(":", 1)[1]))
    writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
    answer = await asyncio.wait_for(reader.read(), 10)
    writer.close()
    assert answer.split()[1] == b"404"
