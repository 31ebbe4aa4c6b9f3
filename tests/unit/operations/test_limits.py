"""The table of limits in SECURITY.md is the code's."""

import sys
from pathlib import Path

import pytest

from ops.tools.limits import __main__ as limits
from ops.tools.limits.listed import LISTED
from ops.tools.limits.read import Limit, LimitError, told

CODE = '''
from datetime import timedelta
from pydantic import Field, BaseModel
from pydantic_settings import BaseSettings, SettingsConfigDict

MAX_THINGS = 3 * 1_000
"""Things that :data:`one` may have. 3,000 will do, more:
another one has none."""

MAX_WAIT: float = 180.0
"""Smaller: nobody waits."""

KEPT = timedelta(days=3)
"""How long it is kept."""

BARE = 5
WORDS = "many"
"""No number."""


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="PEER_")
    size: int = Field(default=3 << 20, ge=1)
    """Bytes of a thing. Larger: memory."""
    named: int = Field(default=65_537, validation_alias="PEER_SIZE_NAMED")
    """Bytes of a name."""
    some: int | None = None
    """Some; as many as the system allows when left out."""


class Thing(BaseModel):
    words: str = Field(min_length=1, max_length=70)
    """Words of a thing."""
    free: str
    """Whatever."""
'''


@pytest.fixture(autouse=True)
def peer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "peer_limits.py").write_text(CODE)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "peer_limits", raising=False)


def test_the_committed_table_is_what_the_code_says(capsys: pytest.CaptureFixture[str]) -> None:
    assert limits.main(["--check"]) == 0, "run `make limits`: SECURITY.md is older than the code"
    assert sum(map(len, LISTED.values())) >= 50


def test_a_limit_that_was_changed_in_the_code_alone_is_noticed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from services.runtime.http import message_budget  # noqa: PLC0415 - the module that is changed

    monkeypatch.setattr(message_budget, "HEAD_BYTES", 128 * 1024)
    assert limits.main(["--check"]) == 1
    assert "make limits" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("limit", "name", "value", "bounds"),
    [
        (
            Limit("peer_limits.MAX_THINGS", "things"),
            "MAX_THINGS",
            "3,000 things",
            "Things that `one` may have",
        ),
        (Limit("peer_limits.MAX_WAIT", "s", of="a wait"), "MAX_WAIT", "3 min", "a wait"),
        (Limit("peer_limits.KEPT", "s"), "KEPT", "3 days", "How long it is kept"),
        (Limit("peer_limits.BARE", "", of="a share"), "BARE", "5", "a share"),
        (Limit("peer_limits.Settings.size", "bytes"), "PEER_SIZE", "3 MiB", "Bytes of a thing"),
        (Limit("peer_limits.Settings.named", "bytes"), "PEER_SIZE_NAMED", "65,537 bytes", "Bytes of a name"),
        (
            Limit("peer_limits.Settings.some", "things"),
            "PEER_SOME",
            "unset",
            "Some; as many as the system allows when left out",
        ),
        (Limit("peer_limits.Thing.words", "characters"), "Thing.words", "70 characters", "Words of a thing"),
    ],
    ids=lambda each: each.place if isinstance(each, Limit) else "",
)
def test_a_limit_is_told_with_its_unit_and_what_it_bounds(
    limit: Limit, name: str, value: str, bounds: str
) -> None:
    row = told(limit)
    assert (row.name, row.value, row.bounds) == (name, value, bounds)


@pytest.mark.parametrize(
    ("place", "why"),
    [
        ("peer_limits.MAX_OTHERS", "was it renamed"),
        ("peer_limits.Settings.others", "was it renamed"),
        ("peer_limits.Others.size", "was it renamed"),
        ("no_such_module.MAX", "there is no module"),
        ("peer_limits.BARE", "has no docstring"),
        ("peer_limits.MAX_WAIT", "does not begin with what it bounds"),
        ("peer_limits.WORDS", "not a number"),
        ("peer_limits.Thing.free", "no upper bound"),
    ],
)
def test_a_list_that_does_not_fit_the_code_is_an_error(place: str, why: str) -> None:
    with pytest.raises(LimitError, match=why):
        told(Limit(place, "things"))


def test_a_page_without_its_marks_is_not_overwritten() -> None:
    page = f"a\n{limits.BEGIN}\nold\n{limits.END}\nb\n"
    assert limits.page_with(page, "new") == f"a\n{limits.BEGIN}\nnew\n{limits.END}\nb\n"
    for lost in ("a", f"a {limits.BEGIN} b", f"a {limits.END} b"):
        with pytest.raises(LimitError, match="lost its marks"):
            limits.page_with(lost, "new")


def test_nothing_is_listed_twice() -> None:
    places = [limit.place for group in LISTED.values() for limit in group]
    assert len(places) == len(set(places))
