"""Apache Kafka's jars, from their Maven artifacts: a broker where there is no Docker."""

import hashlib
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

HERE = Path(__file__).parent
POM = HERE / "pom.xml"
LIBS = HERE / "libs"
STAMP = ".pom.sha256"

DOWNLOAD_SECONDS = 600
"""45 jars, 44 MB: seconds on a good line, minutes on a bad one. Past this nobody would still wait."""

OLDEST_JAVA = 17
"""Kafka 4's broker needs Java 17 (KIP-1013)."""


class KafkaUnavailableError(Exception):
    """Apache Kafka cannot be had or started on this machine; says why and what to do."""


def missing_tools() -> str | None:
    """Say which tool that we need is missing here; ``None`` if all are there.

    A look at the ``PATH`` and one run of ``java -version``: cheap enough to choose a broker by.
    """
    absent = [tool for tool in ("java", "mvn") if shutil.which(tool) is None]
    if absent:
        return f"{' and '.join(absent)} not on the PATH"
    try:
        said = subprocess.run(["java", "-version"], capture_output=True, text=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"java does not run: {error}"
    # 'openjdk version "17.0.15"', but '"1.8.0_402"' for Java 8.
    version = re.search(r'version "(?:1\.)?(\d+)', said.stderr + said.stdout)
    if said.returncode or version is None:
        return "java does not run"
    if int(version[1]) < OLDEST_JAVA:
        return f"java is version {version[1]}, Kafka needs {OLDEST_JAVA}"
    return None


def version() -> str:
    """Return the version of Kafka that the pom names."""
    found = re.search(r"<artifactId>kafka_2\.13</artifactId>\s*<version>([\d.]+)</version>", POM.read_text())
    assert found is not None
    return found[1]


def install(say: Callable[[str], None] = lambda _: None, libs: Path = LIBS) -> Path:
    """Return the folder of Kafka's jars; fetch them first if they are not there or the pom has changed.

    Two that install at once do not disturb each other: each fetches to a folder of its own and renames.

    Args:
        say: told what takes long.
        libs: where the jars are kept.

    Raises:
        KafkaUnavailableError: java or mvn is missing, or the download failed.
    """
    wanted = hashlib.sha256(POM.read_bytes()).hexdigest()
    if _stamp(libs) == wanted:
        return libs
    if missing := missing_tools():
        raise KafkaUnavailableError(f"Apache Kafka needs Java {OLDEST_JAVA}+ and Maven: {missing}")
    say(f"fetching Apache Kafka {version()} with Maven (44 MB, once)")
    libs.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=libs.parent, prefix=".libs-") as fetched:
        # A folder inside, because it is renamed away and the temporary one is removed.
        jars = Path(fetched) / "libs"
        _fetch(jars)
        (jars / STAMP).write_text(wanted)
        if libs.exists() and _stamp(libs) != wanted:
            libs.rename(Path(fetched) / "old")
        try:
            jars.rename(libs)
        except OSError:
            if _stamp(libs) != wanted:  # else another process was quicker
                raise
    return libs


def _stamp(libs: Path) -> str | None:
    stamp = libs / STAMP
    return stamp.read_text() if stamp.is_file() else None


def _fetch(jars: Path) -> None:
    # --strict-checksums: a damaged download fails instead of warning.
    command = ["mvn", "-q", "-B", "--strict-checksums", "-f", str(POM), "dependency:copy-dependencies"]
    try:
        done = subprocess.run(
            [*command, f"-DoutputDirectory={jars}"],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=DOWNLOAD_SECONDS, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        raise KafkaUnavailableError(f"Maven could not fetch Apache Kafka: {error}") from None
    if done.returncode or not any(jars.glob("kafka_2.13-*.jar")):
        said = re.sub(r"\x1b\[[0-9;]*m", "", done.stdout + done.stderr).strip()
        raise KafkaUnavailableError(f"Maven could not fetch Apache Kafka: {said[:500] or 'it said nothing'}")
