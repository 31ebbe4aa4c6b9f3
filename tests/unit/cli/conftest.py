"""Commands configure logs for the whole process; the next test has them as they were."""

from collections.abc import Iterator

import pytest
import structlog


@pytest.fixture(autouse=True)
def _logs_restored() -> Iterator[None]:
    before = structlog.get_config()
    yield
    structlog.configure(**before)
