import io
import json
import subprocess
import sys
from collections.abc import Iterator

import pytest
import structlog

from services.runtime.observability.logs import configure_logs
from services.runtime.settings import RuntimeSettings


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    before = structlog.get_config()
    yield
    structlog.configure(**before)


def test_logs_are_json_without_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    output = io.StringIO()
    configure_logs(RuntimeSettings(log_format="json"))
    monkeypatch.setattr("sys.stderr", output)
    structlog.get_logger("test").warning("asked", url="http://user:hunter2@host/", job_id="job-1")
    line = json.loads(output.getvalue())
    assert (line["event"], line["level"], line["job_id"]) == ("asked", "warning", "job-1")
    assert "hunter2" not in output.getvalue()


def test_a_replaced_standard_error_is_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = io.StringIO(), io.StringIO()
    monkeypatch.setattr("sys.stderr", first)
    configure_logs(RuntimeSettings(log_format="json"))
    log = structlog.get_logger("test")
    log.warning("one")
    first.close()
    monkeypatch.setattr("sys.stderr", second)
    log.warning("two")
    assert "two" in second.getvalue()


def test_what_libraries_log_is_redacted_as_well() -> None:
    script = (
        "import logging; from services.runtime.observability.logs import configure_logs;"
        "from services.runtime.settings import RuntimeSettings; configure_logs(RuntimeSettings());"
        "log = logging.getLogger('uvicorn.error');"
        f"log.error('%s accepted', '/ws/v2/jobs?ticket=lst_{'a' * 43}'); log.info('quiet')\n"
        "try: raise OSError('https://user:hunter2@host/')\n"
        "except OSError: log.exception('failed')"
    )
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stderr
    assert told.startswith("ERROR uvicorn.error /ws/v2/jobs?ticket=lst_*** accepted\n")
    assert "OSError: https://***@host/" in told
    assert "quiet" not in told
