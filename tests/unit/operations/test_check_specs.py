"""The check of the API documents says what it could not check."""

from pathlib import Path

import pytest

from ops.tools import check_specs


@pytest.mark.parametrize(("required", "code"), [("", 0), ("1", 1)])
def test_without_node_the_check_says_so_and_fails_only_where_it_is_required(
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    tmp_path: Path,
    required: str,
    code: int,
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("LECTERN_REQUIRE_SPECS", required)
    assert check_specs.main() == code
    told = capfd.readouterr()
    assert "openapi-spec-validator: 0 errors" in told.out
    assert "NOT CHECKED" in told.err
    assert "node" in told.err


def test_the_tools_are_pinned_exactly() -> None:
    assert all(version.replace(".", "").isdecimal() for version in check_specs.PACKAGES.values())
