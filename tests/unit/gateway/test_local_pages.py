"""Without tokens: which pages and which proxies are answered, and what browsers are told of answers."""

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from services.gateway.settings import GatewaySettings
from services.runtime.published_files import AssetSettings, ResourcePolicy
from tests.support.raw_http import ask
from tests.unit.gateway.conftest import Harness, running

READ = "/api/v2/render-jobs"
SOCKET = "/ws/v2/jobs"
EVERYTHING = [
    "/",
    "/livez",
    "/openapi.json",
    "/assets/x.mp4",
    READ,
    "/api/v2/render-jobs/j/events",
    "/nowhere",
]


@pytest.mark.parametrize("site", ["cross-site", "same-site", "CROSS-SITE", "anything", "none, cross-site"])
async def test_pages_of_other_origins_are_refused_whatever_they_ask_without_an_origin(
    harness: Harness, site: str
) -> None:
    """An image, a script, a form or a link of a stranger's page has no Origin when it only reads."""
    for path in EVERYTHING:
        answer = await harness.client.get(path, headers={"Sec-Fetch-Site": site})
        assert (answer.status_code, answer.json()["code"]) == (403, "FORBIDDEN"), path
        assert answer.headers["content-type"] == "application/problem+json"
    answer = await harness.client.post(f"{READ}/j/cancel", headers={"Sec-Fetch-Site": site})
    assert answer.status_code == 403


@pytest.mark.parametrize("site", ["same-origin", "none"])
async def test_our_own_pages_and_what_a_person_types_are_answered(harness: Harness, site: str) -> None:
    assert (await harness.client.get(READ, headers={"Sec-Fetch-Site": site})).status_code == 200


async def test_a_second_value_does_not_hide_the_first(served: Harness) -> None:
    both = ("Sec-Fetch-Site: same-origin", "Sec-Fetch-Site: cross-site")
    assert (await ask(served.url, f"GET {READ} HTTP/1.1", *both)).status == 403


async def test_a_named_origin_may_call_from_another_site(settings: GatewaySettings) -> None:
    named = settings.access.model_copy(update={"cors_origins": "http://localhost:3000"})
    async with running(settings.model_copy(update={"access": named})) as harness:
        page = {"Origin": "http://localhost:3000", "Sec-Fetch-Site": "same-site"}
        assert (await harness.client.get(READ, headers=page)).status_code == 200
        other = {**page, "Origin": "http://localhost:3001"}
        assert (await harness.client.get(READ, headers=other)).status_code == 403
        unsaid = {"Sec-Fetch-Site": "same-site"}
        assert (await harness.client.get(READ, headers=unsaid)).status_code == 403


async def test_a_socket_is_refused_by_its_site_and_by_its_origin(served: Harness) -> None:
    url = served.url.replace("http", "ws") + SOCKET
    port = served.url.rsplit(":", 1)[1]
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "http://localhost:1"}):
        with pytest.raises(InvalidStatus) as caught:
            async with connect(url, proxy=None, additional_headers=headers):
                pass
        assert caught.value.response.status_code == 403
        assert caught.value.response.headers["x-content-type-options"] == "nosniff"
    ours = {"Origin": f"http://localhost:{port}", "Sec-Fetch-Site": "same-origin"}
    own = f"ws://localhost:{port}{SOCKET}"
    async with connect(own, proxy=None, host="127.0.0.1", additional_headers=ours):
        pass


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Forwarded-Host", "X-Real-IP", "Via"])
async def test_what_a_proxy_forwards_does_not_come_from_this_machine(harness: Harness, header: str) -> None:
    answer = await harness.client.get(READ, headers={header: "127.0.0.1"})
    assert (answer.status_code, answer.json()["code"]) == (403, "FORBIDDEN")
    assert "GATEWAY_API_TOKENS" in answer.json()["detail"]


@pytest.mark.parametrize("policy", list(ResourcePolicy))
async def test_no_other_origin_embeds_an_answer_and_films_only_by_setting(
    settings: GatewaySettings, policy: ResourcePolicy
) -> None:
    changed = settings.model_copy(update={"assets": AssetSettings(storage_resource_policy=policy)})
    film = changed.assets_dir / "videos" / "film.mp4"
    film.parent.mkdir(parents=True)
    film.write_bytes(b"film")
    async with running(changed) as harness:
        for path in ("/", READ, "/nowhere", "/openapi.json", "/metrics", "/api/scripts/none"):
            answer = await harness.client.get(path)
            assert answer.headers["cross-origin-resource-policy"] == "same-origin", path
            assert answer.headers["x-content-type-options"] == "nosniff"
        got = await harness.client.get("/assets/videos/film.mp4")
        known = {"If-None-Match": got.headers["etag"]}
        again = await harness.client.get("/assets/videos/film.mp4", headers=known)
        assert (got.status_code, again.status_code) == (200, 304)
        for answer in (got, again):
            assert answer.headers["cross-origin-resource-policy"] == policy


def test_films_are_embedded_by_our_own_pages_alone_unless_set_otherwise() -> None:
    assert AssetSettings().storage_resource_policy is ResourcePolicy.SAME_ORIGIN
