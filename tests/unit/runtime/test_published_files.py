import asyncio
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from services.runtime.artifacts.settings import ArtifactSettings
from services.runtime.artifacts.store import open_artifacts
from services.runtime.published_files import (
    SECRET_BYTES,
    AssetAccess,
    AssetSecret,
    AssetSettings,
    unguessable_part,
)

GIVEN = "given-given-given-given-given-32"


async def test_all_processes_have_the_secret_that_the_first_one_drew(tmp_path: Path) -> None:
    settings = ArtifactSettings(lectern_home=tmp_path)
    async with open_artifacts(settings) as one, open_artifacts(settings) as two:
        drawn = await asyncio.gather(
            *(AssetSecret(AssetSettings()).read(store) for store in (one, two) for _ in range(10))
        )
        assert len(set(drawn)) == 1
        assert len(drawn[0]) == SECRET_BYTES
    async with open_artifacts(settings) as later:
        assert await AssetSecret(AssetSettings()).read(later) == drawn[0]
    async with open_artifacts(ArtifactSettings(lectern_home=tmp_path / "other")) as other:
        assert await AssetSecret(AssetSettings()).read(other) != drawn[0]


async def test_a_secret_of_the_settings_counts_and_none_is_drawn(tmp_path: Path) -> None:
    async with open_artifacts(ArtifactSettings(lectern_home=tmp_path)) as artifacts:
        settings = AssetSettings(storage_secret=SecretStr(GIVEN))
        assert await AssetSecret(settings).read(artifacts) == GIVEN.encode()
    assert not list((tmp_path / "artifacts").glob("gathers/*"))


def test_a_short_secret_is_refused_unrepeated() -> None:
    with pytest.raises(ValidationError, match="STORAGE_SECRET") as caught:
        AssetSettings(storage_secret=SecretStr(GIVEN[:-1]))
    assert GIVEN[:-1] not in str(caught.value)
    assert GIVEN not in repr(AssetSettings(storage_secret=SecretStr(GIVEN)))


def test_the_part_follows_from_the_secret_and_the_whole_folder() -> None:
    part = unguessable_part(b"secret", "videos/v/s/j")
    assert part == unguessable_part(b"secret", "videos/v/s/j")
    others = {unguessable_part(b"secret", "videos/v/s/k"), unguessable_part(b"other", "videos/v/s/j")}
    assert part not in others
    assert len(others) == 2


def test_films_are_unguessable_unless_set_otherwise() -> None:
    assert AssetSettings().storage_assets is AssetAccess.UNGUESSABLE
