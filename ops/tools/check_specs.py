"""Holds the API documents against their specifications' own tools: ``make specs``.

OpenAPI against openapi-spec-validator and redocly, both AsyncAPI documents against the AsyncAPI parser. The
last two are npm's, pinned below; where they cannot be had it says so, and fails only if
``LECTERN_REQUIRE_SPECS`` is set. ``make test`` needs no Node, and checks what Python can.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, cast

from openapi_spec_validator import OpenAPIV31SpecValidator

from contracts import export
from contracts.rendering import RenderSettings
from services.gateway.app import create_app
from services.gateway.live.hub import Hub
from services.gateway.realtime.asyncapi import asyncapi_document
from services.gateway.service import Service
from services.gateway.settings import GatewaySettings

PACKAGES = {"@redocly/cli": "2.77.0", "@asyncapi/parser": "3.6.6"}
"""Exactly these, so that the same documents pass tomorrow."""

TOOLS = Path(__file__).parents[2] / ".cache" / "specs"
"""Where npm keeps them; not in the repository."""

INSTALL_SECONDS = 300
CHECK_SECONDS = 120

QUIET = {"REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true", "CI": "true"}


def main() -> int:
    """Check all documents; return the exit code."""
    openapi = openapi_document()
    problems = [error.message for error in OpenAPIV31SpecValidator(cast("Any", openapi)).iter_errors()]
    for problem in problems:
        print(f"openapi-spec-validator: {problem}")
    print(f"openapi-spec-validator: {len(problems)} errors")
    if (why := install()) is not None:
        print(f"specs: NOT CHECKED with redocly and the AsyncAPI parser: {why}", file=sys.stderr)
        return 1 if problems or os.environ.get("LECTERN_REQUIRE_SPECS") else 0
    return 1 if any([bool(problems), *check(openapi)]) else 0


def openapi_document() -> Any:
    """Return the document as a gateway with its defaults serves it."""
    nothing = cast("Any", None)
    service = Service(nothing, nothing, Hub(), defaults=RenderSettings(), now=nothing)
    app = create_app(service, GatewaySettings(), [], new_id=lambda: "")
    return json.loads(json.dumps(app.openapi()))


def install() -> str | None:
    """Have npm fetch the tools; return why that was not possible."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        return "node and npm are not installed"
    if all(_installed(package) == version for package, version in PACKAGES.items()):
        return None
    TOOLS.mkdir(parents=True, exist_ok=True)
    wanted = [f"{package}@{version}" for package, version in PACKAGES.items()]
    options = [
        "--no-save",
        "--no-package-lock",
        "--no-audit",
        "--no-fund",
        "--ignore-scripts",
        "--prefer-offline",
    ]
    try:
        done = _run("npm", "install", "--prefix", str(TOOLS), *options, *wanted, seconds=INSTALL_SECONDS)
    except subprocess.TimeoutExpired:
        return f"npm did not fetch them within {INSTALL_SECONDS} s"
    return None if done == 0 else "npm could not fetch them, see above"


def check(openapi: Any) -> list[bool]:
    """Run the tools; return of each whether it found errors."""
    with tempfile.TemporaryDirectory() as folder:
        here, sockets = Path(folder, "openapi.json"), Path(folder, "asyncapi.json")
        here.write_text(json.dumps(openapi), encoding="utf-8")
        sockets.write_text(json.dumps(asyncapi_document()), encoding="utf-8")
        redocly = TOOLS / "node_modules/.bin/redocly"
        topics = export.FOLDER / "asyncapi.json"
        return [
            _run(str(redocly), "lint", "--format=stylish", str(here), seconds=CHECK_SECONDS) != 0,
            _run(
                "node",
                str(Path(__file__).with_suffix(".js")),
                str(sockets),
                str(topics),
                seconds=CHECK_SECONDS,
            )
            != 0,
        ]


def _installed(package: str) -> str | None:
    manifest = TOOLS / "node_modules" / package / "package.json"
    return str(json.loads(manifest.read_bytes())["version"]) if manifest.is_file() else None


def _run(*command: str, seconds: float) -> int:
    environment = {**os.environ, **QUIET, "NODE_PATH": str(TOOLS / "node_modules")}
    return subprocess.run(command, env=environment, timeout=seconds, check=False).returncode


if __name__ == "__main__":
    raise SystemExit(main())
