"""No setting opens the API: neither the base of finished files, nor their folder, nor proxies or tokens."""

import re
from pathlib import Path
from typing import Any, cast

import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from pydantic import SecretStr, ValidationError

from contracts.errors import ErrorCode, PermanentError
from contracts.rendering import RenderSettings
from services.gateway.app import create_app
from services.gateway.auth.access import AccessSettings, AuthMode
from services.gateway.backend.settings import BackendSettings
from services.gateway.http.overlaps import refuse_overlap
from services.gateway.live.hub import Hub
from services.gateway.service import Service
from services.gateway.settings import GatewaySettings
from services.runtime.public_base import path_of, public_base
from services.upload.settings import UploadSettings


def app_with(base: str) -> FastAPI:
    service = Service(
        cast("Any", None), cast("Any", None), Hub(), defaults=RenderSettings(), now=cast("Any", None)
    )
    return create_app(service, GatewaySettings(storage_public_base_url=base), [], new_id=lambda: "x")


NOT_PLAIN = [
    "/", "//api", "//evil.example/x", "/%61pi", "/%2561pi", "/assets/../api", "/./api", "/..", "/assets//",
    "/a//b", "/{x}", "/{x:path}", "/api?x=", "/api#x", "/a b", "/a\n", "/a\\b", "\\api", "/a;b", "/영상",
    "api", "assets", "javascript:alert(1)", "ftp://cdn.example/x", "https:/x", "https:///x",
    "https://user@cdn.example/x", "https://user:secret-word@cdn.example/x", "https://cdn.example/x?y=",
    "https://cdn.example?x", "https://cdn.example/#x", "https://gateway.example/%61pi",
    "https://gateway.example//api", "https://gateway.example/assets/../api", "https://cdn.example:x/",
    "/" + "x" * 2_000,
]  # fmt: skip


@pytest.mark.parametrize("base", NOT_PLAIN)
@pytest.mark.parametrize("settings", [GatewaySettings, UploadSettings])
def test_a_base_that_may_be_read_in_two_ways_is_refused_by_gateway_and_upload(
    settings: type[GatewaySettings | UploadSettings], base: str
) -> None:
    with pytest.raises(ValidationError, match="STORAGE_PUBLIC_BASE_URL") as caught:
        settings(storage_public_base_url=base)
    assert "secret-word" not in str(caught.value)


ROUTES = [
    "/api", "/API", "/api/", "/Api/V2", "/ws", "/video", "/VIDEO/job", "/livez", "/readyz", "/metrics",
    "/openapi.json", "/asyncapi.json", "/docs", "/redoc", "/metrics/films", "/api/videos",
    "/api/videos/anything/scripts", "/api/v2/render-jobs/films", "/api/scripts/x/approve/films",
    "https://gateway.example/api", "https://gateway.example/API/v2/", "http://gateway.example:8080/metrics",
]  # fmt: skip


@pytest.mark.parametrize("base", ["/api", "/API/", "/docs", "https://gateway.example/metrics"])
def test_a_gateway_whose_films_would_open_a_route_does_not_start(base: str) -> None:
    with pytest.raises(PermanentError, match="STORAGE_PUBLIC_BASE_URL") as caught:
        app_with(base)
    assert caught.value.code is ErrorCode.SETTINGS_INVALID
    assert "served without a token, and the route /" in caught.value.message


def test_every_base_that_is_a_route_or_above_or_below_one_is_refused() -> None:
    app = app_with("/assets")
    paths = {route.path for route in iter_route_contexts(app.routes) if route.path}
    paths -= {"/", "/assets/{key:path}"}
    assert len(paths) > 30
    bases = set(ROUTES)
    for path in paths:
        taken = re.sub(r"[{}]|:path", "", path)
        bases |= {taken, taken.upper(), taken.rsplit("/", 1)[0] or taken, f"{taken}/films"}
    for base in bases:
        with pytest.raises(PermanentError, match="STORAGE_PUBLIC_BASE_URL"):
            refuse_overlap(app, path_of(public_base(base)))


@pytest.mark.parametrize(
    ("base", "path"),
    [
        ("/assets", "/assets"),
        ("/films/", "/films"),
        ("/media/films.v1", "/media/films.v1"),
        ("https://cdn.example", "/assets"),
        ("https://cdn.example/", "/assets"),
        ("https://cdn.example:8443/films/", "/assets"),
        ("http://[::1]:9000/bucket", "/assets"),
    ],
)
def test_a_folder_or_a_host_of_its_own_is_taken(base: str, path: str) -> None:
    app = app_with(base)
    served = [route.path for route in iter_route_contexts(app.routes) if route.path]
    assert f"{path}/{{key:path}}" in served
    assert UploadSettings(storage_public_base_url=base).base_url == base.rstrip("/")


def test_the_folder_that_is_served_holds_nothing_but_films(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "home", Path("/"), tmp_path / "home" / "artifacts" / "x"):
        with pytest.raises(ValidationError, match="STORAGE_LOCAL_DIR is served to everybody"):
            GatewaySettings(lectern_home=tmp_path / "home", storage_local_dir=folder)
    (tmp_path / "link").symlink_to(tmp_path)
    with pytest.raises(ValidationError, match="STORAGE_LOCAL_DIR"):
        GatewaySettings(lectern_home=tmp_path / "home", storage_local_dir=tmp_path / "link")
    for good in (tmp_path / "home" / "assets", tmp_path / "films"):
        assert GatewaySettings(lectern_home=tmp_path / "home", storage_local_dir=good).assets_dir == good


@pytest.mark.parametrize(
    "proxies",
    ["*", "0.0.0.0/0", "::/0", "0.0.0.0/1,128.0.0.0/1", "10.0.0.5/8", "proxy.example", "10.0.0.0/33"],
)
def test_proxies_are_named_by_address_and_not_the_whole_world(proxies: str) -> None:
    with pytest.raises(ValidationError, match="GATEWAY_TRUSTED_PROXIES"):
        AccessSettings(trusted_proxies=proxies)
    assert len(AccessSettings(trusted_proxies="10.0.0.7, 10.1.0.0/16 fd00::/8").proxies) == 3


def test_without_tokens_no_proxy_is_named() -> None:
    with pytest.raises(PermanentError, match="GATEWAY_TRUSTED_PROXIES"):
        AccessSettings(auth=AuthMode.OFF, trusted_proxies="127.0.0.1").check("127.0.0.1", internal=False)


def test_a_secret_has_one_holder_and_the_backends_is_as_long_as_others() -> None:
    one = "0123456789abcdef"
    with pytest.raises(ValidationError, match="one secret") as caught:
        AccessSettings(api_tokens=SecretStr(f"a=read:{one},b=write:{one}"))
    assert one not in str(caught.value)
    with pytest.raises(ValidationError, match="opens /video/job") as refused:
        BackendSettings(internal_token=SecretStr("guess-me"))
    assert "guess-me" not in str(refused.value)
    with pytest.raises(ValidationError, match="API token 1"):
        AccessSettings(api_tokens=SecretStr(f"이름=read:{one}"))
