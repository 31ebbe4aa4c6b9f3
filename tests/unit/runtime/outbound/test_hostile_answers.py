"""What a server of any outbound client may answer at worst, on a socket: refused in words, for few bytes."""

import asyncio
import json
import os
import sys
from typing import Any

import pytest

from tests.support.hostile_server import Attack, answer, completion, hostile_answers, hostile_server

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="/proc tells of a process's memory")

SCRIPT = json.dumps({"chapters": [{"title": "장", "scenes": [{"narration": "말입니다."}]}]})
LISTING = b'<?xml version="1.0"?><ListBucketResult><Name>bucket</Name></ListBucketResult>'
GOOD = {"model": completion(SCRIPT), "backend": b"{}", "s3": LISTING, "collector": b"{}"}

OF_JSON = {"deep", "deep-objects", "digits", "decimals", "infinite", "twice", "values"}
OF_XML: dict[str, Attack] = {
    "laughs": answer(
        b'<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa">'
        + b"".join(b'<!ENTITY %c "%s">' % (98 + level, b"&%c;" % (97 + level) * 10) for level in range(9))
        + b"]><ListBucketResult><Name>&j;</Name></ListBucketResult>"
    ),
    "deep-xml": answer(b"<a>" * 300_000),
    "huge-refusal": answer(b"<Error>" + b" " * (8 << 20) + b"</Error>", status="403 Forbidden"),
}

CODES = {
    "model": {"SCRIPT_GENERATION_FAILED"},
    "backend": {"RENDER_SPEC_INVALID", "BACKEND_UNAVAILABLE"},
    "s3": {"STORAGE_UNAVAILABLE"},
    "collector": {"RequestException", "ConnectionError"},
}
WORDS = {
    "gzip": "compressed unasked",
    "gzip-twice": "compressed unasked",
    "gzip-two-headers": "compressed unasked",
    "br": "compressed unasked",
    "zstd": "compressed unasked",
    "declared-huge": "larger than",
    "endless-body": "larger than",
}
WORDS_OF_HTTPX = {
    "one-byte-chunks": "pieces of 1 bytes",
    "endless-headers": "more than an answer may have",
    "endless-interim": "more than an answer may have",
    "many-headers": "more than 100 headers",
}
WORDS_OF_JSON = {
    "deep": "nested too deeply",
    "deep-objects": "nested too deeply",
    "digits": "more than 64 characters",
    "decimals": "more than 64 characters",
    "infinite": "out of all range",
    "twice": "names something twice",
}

MOST_MEMORY = 24 << 20
"""A body of 4 MB, the text made of it, and what is read ahead; what is packed here would be 1,024 MB."""


async def calls(kind: str, attacks: dict[str, Attack]) -> dict[str, dict[str, Any]]:
    """Have a process of its own call each; return how it ended, by attack."""
    async with hostile_server({"good": answer(GOOD[kind]), **attacks}) as server:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.support.outbound_process", kind,
            *(f"{server.url}/{name}" for name in ("good", *attacks)),
            env={**os.environ, "AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "a-secret-of-ours"},
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        told, failed = await process.communicate()
        assert process.returncode == 0, failed.decode()[-2000:]
        assert all(headers["accept-encoding"] == "identity" for _, headers in server.asked)
    lines = [json.loads(line) for line in told.splitlines() if line.startswith(b'{"url"')]  # others are logs
    return {line["url"].rpartition("/")[2]: line for line in lines}


@pytest.mark.parametrize("kind", ["model", "backend", "s3", "collector"])
async def test_an_answer_that_unpacks_to_1024_mb_or_never_ends_is_refused_for_less_than_24_mb(
    kind: str,
) -> None:
    attacks = hostile_answers(GOOD[kind])
    if kind in {"s3", "collector"}:
        attacks = {name: attack for name, attack in attacks.items() if name not in OF_JSON}
    if kind == "s3":
        attacks |= OF_XML
        attacks.pop("one-byte-chunks")  # a million of them are taken, which takes seconds
        attacks.pop("endless-interim")  # the SDK's HTTP reads on until the call's 90 s are over
    ended = await calls(kind, attacks)
    words = (
        WORDS
        | (WORDS_OF_HTTPX if kind != "s3" else {})
        | (WORDS_OF_JSON if kind in {"model", "backend"} else {})
    )
    if kind == "collector":
        words.pop("one-byte-chunks")  # it blocks a thread of its own until its deadline, no loop
    for name, end in ended.items():
        assert end["code"] in CODES[kind], (name, end)
        assert words.get(name, "") in end["said"], (name, end)
        assert end["grown"] < MOST_MEMORY, f"{name}: {end['grown'] / 1e6:.0f} MB"
        assert "a-secret-of-ours" not in end["said"]
    assert ended.keys() == attacks.keys()
