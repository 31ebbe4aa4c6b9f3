"""The wheel, alone in an environment with what one extra asks for, holds a service that starts.

What is installed is what an image of that service holds: the lock's part for the extra, with hashes.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ops.tools.lock import asked_by, part_of, read_lock
from services.cli.workers import WORKERS

ROOT = Path(__file__).resolve().parents[3]
UV = Path(sys.executable).parent / "uv"

SERVICES = (*WORKERS, "gateway")
IMPORTED = {"s3": "services.upload.s3", "embedded": "services.runtime.embedded_broker"}
"""Extras that are no service, and what needs them."""

START = """
import importlib, pkgutil, runpy, sys
package = importlib.import_module(f"services.{sys.argv[1]}")
for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
    if not module.name.endswith((".__main__", ".s3")) and ".migrations." not in module.name:
        importlib.import_module(module.name)
assert package.__path__[0].startswith(sys.prefix), package.__path__
sys.argv[1:] = ["--help"]
runpy.run_module(package.__name__, run_name="__main__")
"""
"""Loads every module of a service, then starts it as a person would, to be told what it is.

Alembic alone loads migrations, within a migration; what speaks S3 has an extra of its own."""

pytestmark = pytest.mark.packaging


def run(*command: object) -> str:
    """Run a command outside the repository; return what it printed."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(
        [str(word) for word in command], cwd=ROOT.root, env=environment,
        capture_output=True, text=True, timeout=150, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    run(UV, "build", "--quiet", "--wheel", "--no-build-isolation", "--python", sys.executable,
        "--out-dir", folder, ROOT)  # fmt: skip
    [built] = folder.glob("*.whl")
    return built


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    shutil.rmtree(tmp_path)  # half a gigabyte


def installed(wheel: Path, folder: Path, *extras: str) -> Path:
    """Return the interpreter of a new environment that holds the wheel and what the extras ask for."""
    pins = read_lock((ROOT / "requirements.lock").read_text())
    needed = part_of(pins, asked_by((ROOT / "pyproject.toml").read_text(), extras))
    lock = folder / "part.lock"
    lock.write_text("\n".join("\n".join(pin.lines) for pin in needed))
    run(UV, "venv", "--quiet", "--python", sys.executable, folder / "env")
    python = folder / "env" / "bin" / "python"
    run(UV, "pip", "install", "--quiet", "--python", python, "--require-hashes", "-r", lock)
    run(UV, "pip", "install", "--quiet", "--python", python, "--no-deps", "--no-index", wheel)
    run(UV, "pip", "check", "--quiet", "--python", python)
    return python


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_starts_with_its_extra_alone(wheel: Path, folder: Path, service: str) -> None:
    python = installed(wheel, folder, service)
    assert f"python -m services.{service}" in run(python, "-c", START, service)


@pytest.mark.parametrize("extra", IMPORTED)
def test_what_an_extra_is_for_loads_with_it(wheel: Path, folder: Path, extra: str) -> None:
    python = installed(wheel, folder, extra)
    run(python, "-c", f"import {IMPORTED[extra]}")


def test_the_command_line_starts_without_any_extra(wheel: Path, folder: Path) -> None:
    python = installed(wheel, folder)
    assert "render" in run(python.with_name("lectern"), "--help")
