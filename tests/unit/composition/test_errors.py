import errno

import av
import pytest

from contracts.errors import ErrorCode, PermanentError, TransientError
from services.composition.errors import composing


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_a_file_that_may_not_grow_failed_the_job_for_good(number: int) -> None:
    with pytest.raises(TransientError) as caught, composing("scene 1"):
        raise av.error.OSError(number, "no room")
    assert caught.value.code is ErrorCode.STORAGE_FULL


def test_material_that_libav_refuses_is_refused() -> None:
    with pytest.raises(PermanentError) as caught, composing("scene 1"):
        raise av.error.InvalidDataError(errno.EINVAL, "broken")
    assert caught.value.code is ErrorCode.COMPOSE_FAILED
