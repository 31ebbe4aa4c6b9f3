"""A page of another origin, in a real browser, watches a job while tokens are on."""

import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from contracts.steps import Step
from services.gateway.auth.access import AccessSettings, AuthMode
from services.gateway.settings import GatewaySettings
from services.runtime.kafka.probe import free_port
from services.runtime.published_files import AssetSettings, ResourcePolicy
from tests.support.browser import Page, browser, serving_page
from tests.support.eventually import eventually
from tests.support.proxy import Proxy, proxying
from tests.unit.gateway.conftest import Harness, progress, running, uploaded

SECRET = "studio-secret-0123456789"
SECONDS = 30

PAGE = """<!doctype html><meta charset="utf-8"><title>studio</title><script>
const heard = [], states = [];
let opened = 0, source, socket;
async function ticket(gateway, names) {
  const answer = await fetch(gateway + "/api/v2/stream-tickets", {
    method: "POST", body: JSON.stringify(names),
    headers: {"Authorization": "Bearer %s", "Content-Type": "application/json"},
  });
  return answer.json();
}
function listen(url) {
  source = new EventSource(url);
  source.onopen = () => { opened += 1; };
  source.onerror = () => { states.push(source.readyState); };
  for (const kind of ["snapshot", "update"])
    source.addEventListener(kind, event => heard.push([kind, JSON.parse(event.data)]));
}
async function watch(gateway, job) {
  const {streams} = await ticket(gateway, {job_ids: [job]});
  listen(gateway + streams[0]);
  return streams[0];
}
async function follow(gateway, job) {
  const {sockets} = await ticket(gateway, {job_ids: [job]});
  socket = new WebSocket(gateway.replace("http", "ws") + sockets[0]);
  socket.onopen = () => socket.send(JSON.stringify({type: "subscribe", job_ids: [job]}));
  socket.onmessage = event => heard.push([JSON.parse(event.data).type, JSON.parse(event.data).job]);
}
</script>""".replace("%s", SECRET)


DOT = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)
EMBED = """new Promise(done => {
  const image = new Image();
  if (%s) image.crossOrigin = "anonymous";
  image.onload = () => done(true);
  image.onerror = () => done(false);
  image.src = %s;
})"""


@dataclass
class Studio:
    """The page, and the gateway behind a proxy that can break connections."""

    page: Page
    harness: Harness
    proxy: Proxy
    gateway: str

    async def heard(self) -> list[tuple[str, dict[str, Any] | None]]:
        return [(kind, job) for kind, job in await self.page.run("heard")]

    async def hears(self, progress: int) -> None:
        async def told() -> bool:
            jobs = [job for _, job in await self.heard() if job]
            return bool(jobs) and jobs[-1]["progress"] == progress

        await eventually(told, SECONDS, every=0.05, message=f"the page hears of {progress} percent")


@pytest.fixture
async def studio(tmp_path: Path) -> AsyncIterator[Studio]:
    async with opened_studio(tmp_path) as opened:
        yield opened


@asynccontextmanager
async def opened_studio(folder: Path) -> AsyncIterator[Studio]:
    async with browser(folder / "profile") as page, serving_page(PAGE) as url:
        access = AccessSettings(
            api_tokens=SecretStr(f"studio=read+write:{SECRET}"), cors_origins=url.rstrip("/")
        )
        settings = GatewaySettings(lectern_home=folder, storage_local_dir=folder / "assets", access=access)
        async with running(settings, served=True) as harness:
            harness.client.headers["Authorization"] = f"Bearer {SECRET}"
            port = free_port("127.0.0.1")
            target = ("127.0.0.1", int(harness.url.rpartition(":")[2]))
            async with proxying(port, target) as proxy:
                await page.open(url)
                yield Studio(page, harness, proxy, f"http://127.0.0.1:{port}")


async def test_an_event_source_watches_a_job_to_its_end_over_a_broken_connection(studio: Studio) -> None:
    page, harness = studio.page, studio.harness
    job_id = await harness.job("v-1")
    stream = await page.run(f"watch({json.dumps(studio.gateway)}, {json.dumps(job_id)})")
    await studio.hears(0)
    await harness.tell(progress(job_id, Step.VALIDATE_SCRIPT))
    await studio.hears(15)
    await studio.proxy.close()  # what was open breaks; new connections are passed on
    await eventually(lambda: page.run("states.length"), SECONDS, message="the page sees the break")
    await harness.tell(progress(job_id, Step.GENERATE_TTS))
    await studio.hears(40)  # two seconds later it came back by itself
    await harness.tell(uploaded(job_id, "v-1"))
    await studio.hears(100)
    await eventually(lambda: page.run("source.readyState === 2"), SECONDS, message="it stops for good")
    heard = await studio.heard()
    revisions = [job["revision"] for _, job in heard if job]
    assert revisions == sorted(set(revisions)), "nothing twice, nothing backwards"
    assert [kind for kind, _ in heard] == ["snapshot"] + ["update"] * (len(heard) - 1), (
        "resumed, not begun anew"
    )
    assert heard[-1][1] is not None
    assert heard[-1][1]["status"] == "COMPLETED"
    assert await page.run("opened") == 2
    assert await page.run("states") == [0, 0, 2]  # broken, ended, and told that there is no more

    await page.run(f"listen({json.dumps(studio.gateway + stream)})")  # who has the URL alone
    await eventually(lambda: page.run("source.readyState === 2"), SECONDS, message="it is refused")
    assert await page.run("opened") == 2
    assert len(await studio.heard()) == len(heard)


async def test_a_socket_opens_with_a_ticket_and_hears_a_job(studio: Studio) -> None:
    job_id = await studio.harness.job("v-1")
    await studio.page.run(f"follow({json.dumps(studio.gateway)}, {json.dumps(job_id)})")
    await studio.hears(0)
    await studio.harness.tell(uploaded(job_id, "v-1"))
    await studio.hears(100)
    assert [kind for kind, _ in await studio.heard()][:2] == ["subscribed", "snapshot"]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"], ids=["same-site", "cross-site"])
async def test_a_page_of_another_origin_embeds_a_film_only_where_a_setting_says_so(
    tmp_path: Path, host: str
) -> None:
    tokens = SecretStr(f"studio=read:{SECRET}")
    async with browser(tmp_path / "profile") as page, serving_page("<title>studio</title>") as url:
        off, closed = AccessSettings(auth=AuthMode.OFF), AccessSettings(api_tokens=tokens)
        named = AccessSettings(api_tokens=tokens, cors_origins=url.rstrip("/"))
        await page.open(url)
        loaded: list[bool] = []
        for access, policy, cors in (
            (off, ResourcePolicy.CROSS_ORIGIN, False),  # refused by its site alone
            (closed, ResourcePolicy.SAME_ORIGIN, False),  # kept back by its policy alone
            (closed, ResourcePolicy.CROSS_ORIGIN, False),
            (named, ResourcePolicy.SAME_ORIGIN, True),
        ):
            assets = AssetSettings(storage_resource_policy=policy)
            settings = GatewaySettings(lectern_home=tmp_path, access=access, assets=assets)
            settings.assets_dir.mkdir(exist_ok=True)
            (settings.assets_dir / "thumb.png").write_bytes(DOT)
            async with running(settings, served=True) as harness:
                film = f"{harness.url.replace('127.0.0.1', host)}/assets/thumb.png"
                loaded.append(await page.run(EMBED % (json.dumps(cors), json.dumps(film))))
        assert loaded == [False, False, True, True]
