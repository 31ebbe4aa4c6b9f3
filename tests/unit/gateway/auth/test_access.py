import asyncio
import hashlib
import json
from collections.abc import AsyncIterator

import pytest
import structlog
from pydantic import SecretStr, ValidationError
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from contracts.errors import PermanentError
from services.gateway.auth.access import AccessSettings, AuthMode, is_loopback
from services.gateway.auth.rates import Rates
from services.gateway.auth.tokens import ApiToken, Scope, Tokens, bearer_of
from services.gateway.http.middleware.auth import right_for
from services.gateway.ledger import outbox
from services.gateway.settings import GatewaySettings
from tests.unit.gateway.conftest import SCRIPT, Harness, running

SECRETS = {name: f"{name}-secret-0123456789" for name in ("reader", "writer", "both", "backend", "hashed")}
TOKENS = (
    f"reader=read:{SECRETS['reader']},writer=write:{SECRETS['writer']} both=read+write:{SECRETS['both']},"
    f"backend=internal:{SECRETS['backend']},"
    f"hashed=read:sha256:{hashlib.sha256(SECRETS['hashed'].encode()).hexdigest()}"
)
READ, WRITE, INTERNAL = "/api/videos/v-1/scripts", "/api/scripts/s-1/approve", "/video/job/j-1/retry"


@pytest.fixture
def closed(settings: GatewaySettings) -> GatewaySettings:
    return settings.model_copy(update={"access": AccessSettings(api_tokens=SecretStr(TOKENS))})


@pytest.fixture
async def guarded(closed: GatewaySettings) -> AsyncIterator[Harness]:
    async with running(closed, served=True) as opened:
        yield opened


def bearer(name: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {SECRETS[name]}"}


@pytest.mark.parametrize(
    ("name", "allowed"),
    [
        ("reader", {READ}),
        ("hashed", {READ}),
        ("writer", {WRITE}),
        ("both", {READ, WRITE}),
        ("backend", {INTERNAL}),
    ],
)
async def test_a_token_is_good_for_its_scopes_alone(guarded: Harness, name: str, allowed: set[str]) -> None:
    for path, method in ((READ, "GET"), (WRITE, "POST"), (INTERNAL, "POST")):
        answer = await guarded.client.request(method, path, headers=bearer(name))
        if path in allowed:
            assert answer.status_code in {200, 404}
        else:
            assert (answer.status_code, answer.json()["code"]) == (403, "FORBIDDEN")
            assert "insufficient_scope" in answer.headers["www-authenticate"]


async def test_an_idempotency_key_of_one_caller_gave_another_caller_his_script(guarded: Harness) -> None:
    scripts = set()
    for name, text in (("writer", "a"), ("both", "a"), ("both", "b")):
        answer = await guarded.client.post(
            "/api/videos/v-1/scripts/generate",
            json={"source_text": text},
            headers={**bearer(name), "Idempotency-Key": "1" if text == "a" else "2", "Prefer": "wait=0"},
        )
        scripts.add(answer.json()["script_id"])
    assert len(scripts) == 3


@pytest.mark.parametrize(
    "header",
    [None, "", "Bearer", "Bearer x", f"Basic {SECRETS['both']}", f"Bearer {SECRETS['both']}x",
     f"Bearer sha256:{hashlib.sha256(SECRETS['hashed'].encode()).hexdigest()}", "Bearer \xff"],
)  # fmt: skip
@pytest.mark.parametrize("path", [READ, "/nowhere", "/api/render-jobs/x", "/api/v2/callbacks"])
async def test_without_a_known_token_nothing_is_answered(
    guarded: Harness, header: str | None, path: str
) -> None:
    headers = {"Authorization": header.encode("latin-1")} if header is not None else {}
    answer = await guarded.client.get(path, headers=headers)  # type: ignore[arg-type]
    assert (answer.status_code, answer.json()["code"]) == (401, "UNAUTHENTICATED")
    assert answer.headers["www-authenticate"].startswith("Bearer")


async def test_probes_and_films_need_no_token(guarded: Harness) -> None:
    for path in ("/", "/livez", "/readyz", "/metrics", "/openapi.json"):
        assert (await guarded.client.get(path)).status_code == 200
    film = await guarded.client.get("/assets/none.mp4")
    assert (film.status_code, film.json()["code"]) == (404, "ASSET_NOT_FOUND")


async def test_nobody_is_let_in_where_no_token_is_set(settings: GatewaySettings) -> None:
    async with running(settings.model_copy(update={"access": AccessSettings()})) as harness:
        for header in ("Bearer ", "Bearer x", ""):
            answer = await harness.client.get(READ, headers={"Authorization": header})
            assert answer.status_code == 401


class TestSockets:
    PATH = "/ws/videos/v-1/render-progress"

    def url(self, harness: Harness) -> str:
        return harness.url.replace("http", "ws") + self.PATH

    async def test_a_header_or_a_subprotocol_opens_a_socket(self, guarded: Harness) -> None:
        async with connect(self.url(guarded), proxy=None, additional_headers=bearer("reader")) as connection:
            assert connection.subprotocol is None
        offered = ["lectern", f"lectern.bearer.{SECRETS['reader']}"]
        async with connect(self.url(guarded), proxy=None, subprotocols=offered) as connection:  # type: ignore[arg-type]
            assert connection.subprotocol == "lectern"

    @pytest.mark.parametrize(("name", "status"), [(None, 401), ("writer", 403), ("backend", 403)])
    async def test_others_are_refused_before_the_upgrade(
        self, guarded: Harness, caplog: pytest.LogCaptureFixture, name: str | None, status: int
    ) -> None:
        headers = bearer(name) if name else {}
        with pytest.raises(InvalidStatus) as caught:
            async with connect(self.url(guarded), proxy=None, additional_headers=headers):
                pass
        assert caught.value.response.status_code == status
        assert json.loads(caught.value.response.body or b"")["status"] == status
        assert [record for record in caplog.records if record.levelname == "ERROR"] == []


class TestLocal:
    """Without tokens, on loopback: this machine's own programs and pages, and nobody else's."""

    @pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", ""])
    async def test_a_name_rebound_to_us_is_refused(self, harness: Harness, host: str) -> None:
        answer = await harness.client.get("/", headers={"Host": host})
        assert (answer.status_code, answer.json()["code"]) == (403, "FORBIDDEN")

    @pytest.mark.parametrize("host", ["localhost", "localhost:8080", "127.0.0.1:1", "[::1]:8080", "[::1]"])
    async def test_loopback_names_are_answered(self, harness: Harness, host: str) -> None:
        answer = await harness.client.get(READ, headers={"Host": host, "Origin": f"http://{host}"})
        assert answer.status_code == 200

    @pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost:81"])
    async def test_a_foreign_page_can_neither_call_nor_listen(self, served: Harness, origin: str) -> None:
        answer = await served.client.post(WRITE, headers={"Origin": origin})
        assert answer.status_code == 403
        with pytest.raises(InvalidStatus) as caught:
            async with connect(
                served.url.replace("http", "ws") + TestSockets.PATH,
                proxy=None,
                origin=origin,  # type: ignore[arg-type]
            ):
                pass
        assert caught.value.response.status_code == 403


async def test_cors_is_closed_by_default_and_opens_for_named_origins(closed: GatewaySettings) -> None:
    asked = {"Origin": "https://studio.example", "Access-Control-Request-Method": "POST"}
    async with running(closed) as harness:
        answer = await harness.client.options(READ, headers=asked)
        assert answer.status_code in {401, 405}
        assert "access-control-allow-origin" not in answer.headers
    named = closed.access.model_copy(update={"cors_origins": "https://studio.example"})
    async with running(closed.model_copy(update={"access": named})) as harness:
        answer = await harness.client.options(READ, headers=asked)
        assert answer.headers["access-control-allow-origin"] == "https://studio.example"
        for method in ("GET", "HEAD"):  # with a token even those are asked about
            wish = {
                "Access-Control-Request-Method": method,
                "Access-Control-Request-Headers": "authorization",
            }
            assert (await harness.client.options(READ, headers={**asked, **wish})).status_code == 200, method
        other = await harness.client.options(READ, headers={**asked, "Origin": "https://evil.example"})
        assert "access-control-allow-origin" not in other.headers
        read = await harness.client.get(
            READ, headers={**bearer("reader"), "Origin": "https://studio.example"}
        )
        assert read.headers["access-control-allow-origin"] == "https://studio.example"
        assert "etag" in read.headers["access-control-expose-headers"].lower()


async def test_every_answer_carries_the_headers_that_browsers_obey(guarded: Harness) -> None:
    for path, headers in ((READ, bearer("reader")), (READ, {}), ("/nowhere", bearer("reader")), ("/", {})):
        answer = await guarded.client.get(path, headers=headers)
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["cache-control"] == "no-store"
        assert "server" not in answer.headers


async def test_too_many_requests_are_refused_for_a_while(closed: GatewaySettings) -> None:
    slow = closed.access.model_copy(update={"rate": 4.0})
    async with running(closed.model_copy(update={"access": slow})) as harness:
        answers = await asyncio.gather(
            *(harness.client.get(READ, headers=bearer("reader")) for _ in range(40))
        )
        refused = [answer for answer in answers if answer.status_code == 429]
        assert 8 <= len(answers) - len(refused) < 40
        assert refused[0].json()["code"] == "RATE_LIMITED"
        assert int(refused[0].headers["retry-after"]) >= 1
        assert (await harness.client.get(READ, headers=bearer("both"))).status_code == 200
        assert (await harness.client.get("/readyz")).status_code == 200


def test_rates_fill_again() -> None:
    now = 0.0
    rates = Rates(2.0, lambda: now)
    assert [rates.take("a") for _ in range(5)] == [0, 0, 0, 0, 0.5]
    assert rates.take("b") == 0
    now = 0.5
    assert rates.take("a") == 0
    assert rates.take("a") > 0
    assert all(Rates(0, lambda: now).take("a") == 0 for _ in range(100))


async def test_no_secret_is_in_logs_or_events(
    closed: GatewaySettings, capsys: pytest.CaptureFixture[str]
) -> None:
    with structlog.testing.capture_logs() as logged:
        async with running(closed, served=True) as harness:
            harness.client.headers.update(bearer("both"))
            await harness.job("v-1")
            for name in SECRETS:
                await harness.client.get(READ, headers=bearer(name))
                await harness.client.put("/api/scripts/s-1", json=SCRIPT, headers=bearer(name))
            assert await harness.gateway.ledger.read(outbox.depth) == 0
            told = repr(logged) + repr(harness.published) + "".join(capsys.readouterr())
            told += (await harness.client.get("/metrics")).text
    assert not [name for name, secret in SECRETS.items() if secret in told]
    assert harness.published


class TestSettings:
    def test_tokens_are_kept_by_hash(self) -> None:
        access = AccessSettings(api_tokens=SecretStr(TOKENS))
        assert [token.name for token in access.tokens] == ["reader", "writer", "both", "backend", "hashed"]
        assert access.tokens[2].scopes == {Scope.READ, Scope.WRITE}
        assert not [secret for secret in SECRETS.values() if secret in repr(access) + repr(access.tokens)]

    @pytest.mark.parametrize(
        "text",
        [
            "x",
            "a=read",
            "a=admin:0123456789abcdef",
            "a=read:short",
            "=read:0123456789abcdef",
            "a=:0123456789abcdef",
        ],
    )
    def test_a_malformed_or_weak_token_is_refused_unrepeated(self, text: str) -> None:
        with pytest.raises(ValidationError, match="API token 1") as caught:
            AccessSettings(api_tokens=SecretStr(text))
        assert "0123456789abcdef" not in str(caught.value)

    @pytest.mark.parametrize("origin", ["*", "studio.example", "https://x/path", "ftp://x"])
    def test_an_origin_is_a_whole_one(self, origin: str) -> None:
        with pytest.raises(ValidationError, match="GATEWAY_CORS_ORIGINS"):
            AccessSettings(cors_origins=origin)

    def test_off_is_for_loopback_only(self) -> None:
        off = AccessSettings(auth=AuthMode.OFF)
        for host in ("127.0.0.1", "::1", "localhost", "127.8.8.8"):
            off.check(host, internal=False)
        for host in ("0.0.0.0", "::", "192.168.1.2", "gateway"):  # noqa: S104
            with pytest.raises(PermanentError, match="loopback"):
                off.check(host, internal=False)

    def test_a_gateway_without_tokens_does_not_start(self) -> None:
        with pytest.raises(PermanentError, match="GATEWAY_API_TOKENS"):
            AccessSettings().check("127.0.0.1", internal=False)
        AccessSettings().check("0.0.0.0", internal=True)  # noqa: S104
        AccessSettings(api_tokens=SecretStr(TOKENS)).check("0.0.0.0", internal=False)  # noqa: S104

    def test_a_local_system_is_open_only_where_nothing_is_set(self) -> None:
        assert AccessSettings().local().auth is AuthMode.OFF
        assert AccessSettings(api_tokens=SecretStr(TOKENS)).local().auth is None
        assert AccessSettings(auth=AuthMode.TOKENS).local().auth is AuthMode.TOKENS


def test_the_right_for_a_route() -> None:
    assert right_for("GET", "/api/v2/render-jobs") is Scope.READ
    assert right_for("PUT", "/api/scripts/x") is Scope.WRITE
    assert right_for("GET", "/api/v2/callbacks") is Scope.INTERNAL
    assert right_for("POST", "/video/job/x/start") is Scope.INTERNAL


def test_tokens_are_found_by_secret() -> None:
    tokens = Tokens([ApiToken.of("a", [Scope.READ], "s" * 20), ApiToken.of("b", [], "t" * 20)])
    assert (holder := tokens.holder("t" * 20)) is not None
    assert holder.name == "b"
    assert tokens.holder("") is None
    assert not Tokens([])
    assert bearer_of("bearer  abc ") == "abc"


@pytest.mark.parametrize("host", ["", "localhost.", "1.2.3.4", "[::2]", "0"])
def test_other_names_are_not_loopback(host: str) -> None:
    assert not is_loopback(host)
