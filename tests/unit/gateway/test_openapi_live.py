"""The published OpenAPI, tried on a gateway behind a real socket: every check, stateful phases included."""

import asyncio
import os
import sys
from pathlib import Path

import pytest
from pydantic import SecretStr

from services.gateway.auth.access import AccessSettings
from services.gateway.settings import GatewaySettings
from tests.unit.gateway.conftest import running

SECRET = "schemathesis-0123456789"


@pytest.mark.parametrize("skipped", ["^/api/(?!v2)", "^/(?!api/videos|api/render-jobs)"], ids=["v2", "alias"])
async def test_schemathesis_finds_nothing(settings: GatewaySettings, skipped: str) -> None:
    access = AccessSettings(api_tokens=SecretStr(f"t=read+write+internal:{SECRET}"), rate=0)
    settings = settings.model_copy(update={"access": access, "generate_wait": 0})
    async with running(settings, served=True) as harness:
        harness.client.headers["Authorization"] = f"Bearer {SECRET}"
        await harness.job("v-1")
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "schemathesis.cli", "--config-file", str(Path.cwd() / "schemathesis.toml"),
            "run", f"{harness.url}/openapi.json", "--header", f"Authorization: Bearer {SECRET}",
            "--checks", "all", "--max-examples", "4", "--seed", "1", "--exclude-path-regex", skipped,
            "--suppress-health-check", "all", "--no-color",
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
            env={**os.environ, "NO_PROXY": "*"},
        )  # fmt: skip
        output, _ = await asyncio.wait_for(process.communicate(), 150)
    assert process.returncode == 0, output.decode()[-6_000:]
