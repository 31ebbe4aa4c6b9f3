"""What an image is built from: a base by its digest, and files whose hashes stand in a lock."""

import re
import subprocess
import tomllib
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from ops.tools.lock import LockError, asked_by, main, normalized, part_of, read_lock
from services.cli.main import Worker

ROOT = Path(__file__).resolve().parents[3]
PYPROJECT = (ROOT / "pyproject.toml").read_text()
LOCKS = sorted(ROOT.glob("*.lock"))
PINS = read_lock((ROOT / "requirements.lock").read_text())
SERVICES = ["gateway", *(worker.value for worker in Worker)]
DOCKERFILES = sorted(path for path in ROOT.glob("ops/**/Dockerfile*") if path.is_file())

LOCK = """\
one==1.0 \\
    --hash=sha256:{0} \\
    --hash=sha256:{1}
    # via lectern (pyproject.toml)
two==2.0 ; sys_platform == 'win32' \\
    --hash=sha256:{0}
    # via
    #   one
    #   lectern (pyproject.toml)
three==3.0 \\
    --hash=sha256:{0}
    # via two
four==4.0 \\
    --hash=sha256:{0}
    # via lectern (pyproject.toml)
""".format("a" * 64, "b" * 64)


def instructions(dockerfile: Path) -> list[str]:
    """Return the instructions of a Dockerfile, each on one line."""
    lines = [line for line in dockerfile.read_text().splitlines() if not line.startswith("#")]
    return "\n".join(lines).replace("\\\n", " ").splitlines()


def test_there_is_a_dockerfile() -> None:
    assert ROOT / "ops/images/Dockerfile" in DOCKERFILES


@pytest.mark.parametrize("dockerfile", DOCKERFILES, ids=lambda path: path.parent.name)
def test_every_stage_begins_with_the_base_that_the_builder_names(dockerfile: Path) -> None:
    lines = instructions(dockerfile)
    assert "ARG PYTHON_IMAGE" in lines, "the base is an argument"
    assert not [line for line in lines if line.startswith("ARG PYTHON_IMAGE=")], "and has no default"
    stages = [line for line in lines if line.startswith("FROM ")]
    assert stages
    assert all(re.fullmatch(r"FROM \$\{PYTHON_IMAGE\}( AS \w+)?", stage) for stage in stages), stages


@pytest.mark.parametrize("dockerfile", DOCKERFILES, ids=lambda path: path.parent.name)
@pytest.mark.parametrize(
    ("base", "code"), [("python:3.11-slim", 1), ("", 1), (f"python:3.11-slim@sha256:{'0' * 64}", 0)]
)
def test_a_base_by_its_tag_ends_the_build(dockerfile: Path, base: str, code: int) -> None:
    [check] = [line for line in instructions(dockerfile) if line.startswith("RUN case ")]
    done = subprocess.run(
        ["sh", "-c", check.removeprefix("RUN ")], env={"PYTHON_IMAGE": base}, capture_output=True, check=False
    )
    assert done.returncode == code
    assert (b"@sha256:DIGEST" in done.stderr) == bool(code)


@pytest.mark.parametrize("dockerfile", DOCKERFILES, ids=lambda path: path.parent.name)
def test_nothing_is_installed_that_has_no_hash(dockerfile: Path) -> None:
    commands = [
        command.strip()
        for line in instructions(dockerfile)
        if line.startswith("RUN ")
        for command in line.removeprefix("RUN ").split("&&")
    ]
    installs = [
        command for command in commands if re.search(r"\bpip\w* +(install|wheel|sync|download)", command)
    ]
    assert len(installs) >= 4
    for command in installs:
        ours = "--no-deps" in command and ("--no-index" in command or "--no-build-isolation" in command)
        assert "--require-hashes -r" in command or ours, command


def test_an_image_carries_license_and_notice() -> None:
    lines = instructions(ROOT / "ops/images/Dockerfile")
    last = max(number for number, line in enumerate(lines) if line.startswith("FROM "))
    assert any(line.startswith("COPY LICENSE NOTICE ") for line in lines[last:])
    assert tomllib.loads(PYPROJECT)["project"]["license-files"] == ["LICENSE", "NOTICE"]


@pytest.mark.parametrize("service", SERVICES)
def test_an_image_installs_all_that_its_service_asks_for(service: str) -> None:
    part = {pin.name for pin in part_of(PINS, asked_by(PYPROJECT, [service, "s3"]))}
    needed = closure(asked := _requirements(service))
    assert {normalized(requirement.name) for requirement in asked} <= part
    assert needed <= part, f"missing in the image: {sorted(needed - part)}"
    assert len(part - needed) <= 6, f"not needed by {service}: {sorted(part - needed)}"


def test_encoders_under_the_gpl_are_in_one_image_only() -> None:
    with_av = {
        service
        for service in SERVICES
        if "av" in {p.name for p in part_of(PINS, asked_by(PYPROJECT, [service]))}
    }
    assert with_av == {"composition"}


def _requirements(service: str) -> list[Requirement]:
    project = tomllib.loads(PYPROJECT)["project"]
    lines = project["dependencies"] + [
        line for extra in (service, "s3") for line in project["optional-dependencies"][extra]
    ]
    return [Requirement(line) for line in lines]


def closure(requirements: list[Requirement]) -> set[str]:
    """Return the names that requirements lead to, by the metadata of what is installed here."""
    seen: set[tuple[str, frozenset[str]]] = set()
    waiting = list(requirements)
    while waiting:
        requirement = waiting.pop()
        if requirement.marker and not requirement.marker.evaluate({"extra": ""}):
            continue
        key = (normalized(requirement.name), frozenset(requirement.extras))
        if key in seen:
            continue
        seen.add(key)
        try:
            package = distribution(requirement.name)
        except PackageNotFoundError:
            continue
        for line in package.requires or ():
            nested = Requirement(line)
            markers = [{"extra": extra} for extra in ("", *requirement.extras)]
            if nested.marker is None or any(nested.marker.evaluate(each) for each in markers):
                nested.marker = None
                waiting.append(nested)
    return {name for name, _ in seen}


def test_what_is_asked_for_comes_with_what_that_asks_for_and_its_hashes() -> None:
    pins = read_lock(LOCK)
    assert [pin.name for pin in part_of(pins, ["One"])] == ["one", "two", "three"]
    assert pins[0].hashes == (f"sha256:{'a' * 64}", f"sha256:{'b' * 64}")
    assert (pins[1].marker, pins[1].via) == ("sys_platform == 'win32'", ("one", "lectern"))


def test_a_package_outside_the_lock_is_an_error() -> None:
    with pytest.raises(LockError, match="does not hold five"):
        part_of(read_lock(LOCK), ["one", "five"])


@pytest.mark.parametrize("line", ["one>=1.0", "one", "one==1.0"])
def test_a_pin_without_version_or_hash_is_an_error(line: str) -> None:
    with pytest.raises(LockError, match="make lock"):
        read_lock(line)


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_every_pin_of_every_lock_has_a_hash(lock: Path) -> None:
    assert all(pin.hashes for pin in read_lock(lock.read_text()))


def test_the_part_for_a_service_is_printed_with_its_hashes(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    assert main(["upload", "s3"]) == 0
    told = read_lock(capsys.readouterr().out)
    assert told == part_of(PINS, asked_by(PYPROJECT, ["upload", "s3"]))
    assert main(["downlod"]) == 1
    assert "no extra downlod" in capsys.readouterr().err
