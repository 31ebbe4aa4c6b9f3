"""The table of environment variables is what the settings read, and each variable is declared once."""

from collections import Counter
from pathlib import Path

import pytest
from pydantic import ValidationError

from ops.tools import configuration
from services.gateway.settings import GatewaySettings
from services.runtime.artifacts.settings import ArtifactSettings
from services.runtime.settings import RuntimeSettings
from services.tts.settings import TtsSettings
from services.upload.settings import UploadSettings

DECLARED = [
    each for settings in configuration.settings_classes() for each in configuration.variables(settings)
]


def test_the_committed_table_is_what_the_settings_say() -> None:
    assert configuration.main(["--check"]) == 0, "run `make docs` and commit the result"


def test_a_table_that_is_missing_or_out_of_date_is_noticed_and_mended(tmp_path: Path) -> None:
    target = tmp_path / "configuration.md"
    assert configuration.main(["--check"], target) == 1
    assert configuration.main([], target) == 0
    assert configuration.main(["--check"], target) == 0
    target.write_text(target.read_text(encoding="utf-8").replace("`2`", "`3`"), encoding="utf-8")
    assert configuration.main(["--check"], target) == 1


def test_each_variable_is_declared_once() -> None:
    assert {name: count for name, count in Counter(each.name for each in DECLARED).items() if count > 1} == {}


@pytest.mark.parametrize("variable", DECLARED, ids=lambda each: each.name)
def test_each_variable_says_what_it_does(variable: configuration.Variable) -> None:
    assert len(variable.about) > 20
    assert variable.takes


def test_variables_that_everybody_knows_are_found() -> None:
    found = {each.name for each in DECLARED}
    assert found >= {
        "LECTERN_HOME", "KAFKA_BOOTSTRAP_SERVERS", "DATABASE_URL", "VIDEO_FPS", "STORAGE_PUBLIC_BASE_URL",
        "S3_ENDPOINT_URL", "LECTERN_HEALTH_PORT", "SLIDES_CONCURRENCY", "COMPOSITION_FILM_THREADS", "AI_ENV",
    }  # fmt: skip


def test_processes_read_one_home_one_region_and_one_base(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LECTERN_HOME", "/srv/lectern")
    monkeypatch.setenv("AWS_S3_REGION", "eu-west-1")
    monkeypatch.setenv("STORAGE_PUBLIC_BASE_URL", "/films")
    monkeypatch.setenv("HOME", "/root")
    home = Path("/srv/lectern")
    read = [RuntimeSettings(), ArtifactSettings(), TtsSettings(), UploadSettings(), GatewaySettings()]
    assert [settings.home for settings in read] == [home] * 5
    assert [ArtifactSettings().aws_s3_region, UploadSettings().aws_s3_region] == ["eu-west-1"] * 2
    assert [GatewaySettings().public_base_url, UploadSettings().base_url] == ["/films"] * 2
    assert GatewaySettings().assets_dir == UploadSettings().local_dir == home / "assets"


@pytest.mark.parametrize("settings", [RuntimeSettings, GatewaySettings])
def test_a_setting_that_is_none_is_not_passed_over_in_silence(
    settings: type[RuntimeSettings | GatewaySettings],
) -> None:
    with pytest.raises(ValidationError, match="home_folder"):
        settings(home_folder="x")  # type: ignore[call-arg]
