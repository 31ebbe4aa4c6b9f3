"""The compose file gives every service settings that it starts with, also where nobody has set anything."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import AliasChoices, AliasPath
from pydantic_settings import BaseSettings

from services.cli.main import Worker
from services.composition.settings import CompositionSettings
from services.gateway.auth.access import AccessSettings
from services.gateway.backend.settings import BackendSettings
from services.gateway.settings import GatewaySettings
from services.runtime.artifacts.settings import ArtifactSettings
from services.runtime.settings import RuntimeSettings
from services.scripting.settings import ScriptingSettings
from services.slides.settings import SlidesSettings
from services.tts.settings import TtsSettings
from services.upload.settings import UploadSettings

ROOT = Path(__file__).resolve().parents[3]
SERVICES: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
OURS = {name: service for name, service in SERVICES.items() if name != "kafka"}

SETTINGS: tuple[type[BaseSettings], ...] = (
    AccessSettings, ArtifactSettings, BackendSettings, CompositionSettings, GatewaySettings, RuntimeSettings,
    ScriptingSettings, SlidesSettings, TtsSettings, UploadSettings,
)  # fmt: skip

_VARIABLE = re.compile(r"\$\{(\w+)(?::-([^}]*)|:\?[^}]*)?\}")


def variables_of(settings: type[BaseSettings]) -> Iterator[str]:
    """Yield the environment variables that a class reads."""
    for name, field in settings.model_fields.items():
        alias = field.validation_alias
        assert not isinstance(alias, AliasChoices | AliasPath)
        yield (alias or f"{settings.model_config.get('env_prefix', '')}{name}").upper()


@pytest.mark.parametrize("settings", SETTINGS, ids=lambda each: each.__name__)
def test_a_variable_that_is_set_to_nothing_stopped_the_service(
    monkeypatch: pytest.MonkeyPatch, settings: type[BaseSettings]
) -> None:
    every = [name for each in SETTINGS for name in variables_of(each)]
    for name in every:
        monkeypatch.delenv(name, raising=False)
    defaults = settings()
    for name in every:
        monkeypatch.setenv(name, "")
    assert settings() == defaults


def test_the_services_are_the_gateway_and_the_workers() -> None:
    assert set(OURS) == {"gateway", *(worker.value for worker in Worker)}
    for name, service in OURS.items():
        assert service["build"]["args"] == {
            "SERVICE": name,
            "PYTHON_IMAGE": "${PYTHON_IMAGE:?set it to python:3.11-slim@sha256:DIGEST"
            " (see ops/images/Dockerfile)}",
        }


@pytest.mark.parametrize("service", sorted(OURS))
def test_a_service_starts_with_what_compose_gives_it(monkeypatch: pytest.MonkeyPatch, service: str) -> None:
    known = {name for settings in SETTINGS for name in variables_of(settings)}
    for name in known:
        monkeypatch.delenv(name, raising=False)
    for name, text in OURS[service]["environment"].items():
        assert name in known, f"nobody reads {name}"
        monkeypatch.setenv(name, _VARIABLE.sub(lambda found: found[2] or "", text))
    monkeypatch.setenv("GATEWAY_API_TOKENS", "me=read+write:a-long-enough-secret")
    for settings in SETTINGS:
        settings()
    assert RuntimeSettings().kafka_bootstrap_servers == "kafka:9092"
