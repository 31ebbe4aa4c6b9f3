"""A process that makes outbound calls, for tests that ask how much memory they take.

``python -m tests.support.outbound_process KIND URL…`` makes one call to each URL, after one to the first,
which is a good one and takes what a first call takes. A line of JSON for each of the others says how it ended
and by how many bytes the process's peak grew.
"""

import asyncio
import json
import re
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from contracts.errors import LecternError

Ask = Callable[[str], Awaitable[object]]

SECONDS = 5.0
"""Of a call that is given up."""


async def _model(url: str) -> object:
    from services.runtime.cancel import CancelToken  # noqa: PLC0415
    from services.scripting.llm.client import LanguageModel, ModelWriter  # noqa: PLC0415
    from services.scripting.script_request import Brief  # noqa: PLC0415

    writer = ModelWriter(LanguageModel(url, "m", "sk-a-secret-of-ours", SECONDS))
    try:
        return await writer.write("텍스트", Brief("ko", 3, 2, 3, "friendly_security_training"), CancelToken())
    finally:
        await writer.close()


async def _backend(url: str) -> object:
    from services.gateway.backend.client import open_backend  # noqa: PLC0415
    from services.gateway.backend.settings import BackendSettings  # noqa: PLC0415

    async with open_backend(BackendSettings(base_url=url, timeout_sec=SECONDS)) as backend:
        assert backend is not None
        return await backend.render_spec("s-1")


async def _s3(url: str) -> object:
    from services.runtime.artifacts.bucket import S3Location, open_bucket  # noqa: PLC0415

    async with open_bucket(S3Location("bucket", endpoint_url=url, max_attempts=1)) as bucket:
        return await bucket.names("folder")


async def _collector(url: str) -> object:
    from services.runtime.outbound.collector import CollectorSession  # noqa: PLC0415
    from services.runtime.outbound.settings import Proxies  # noqa: PLC0415

    def post() -> int:
        with CollectorSession(url, Proxies.NONE) as session:
            return session.request("POST", f"{url}/v1/traces", data=b"spans", timeout=SECONDS).status_code

    return await asyncio.to_thread(post)


ASKS: dict[str, Ask] = {"model": _model, "backend": _backend, "s3": _s3, "collector": _collector}


def _memory(name: str) -> int:
    told = re.search(rf"{name}:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert told is not None
    return int(told[1]) * 1024


def _begin_peak() -> None:
    Path("/proc/self/clear_refs").write_text("5")


async def _main(kind: str, urls: list[str]) -> None:
    await ASKS[kind](urls[0])
    for url in urls[1:]:
        _begin_peak()
        before = _memory("VmRSS")
        try:
            said = f"took it: {await ASKS[kind](url)!r}"[:300]
            code = ""
        except LecternError as error:
            said, code = error.message, error.code.value
        except OSError as error:  # how the collector's session fails
            said, code = str(error), type(error).__name__
        grown = _memory("VmHWM") - before
        sys.stdout.write(json.dumps({"url": url, "code": code, "said": said, "grown": grown}) + "\n")


if __name__ == "__main__":
    asyncio.run(_main(sys.argv[1], sys.argv[2:]))
