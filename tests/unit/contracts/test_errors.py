import pickle

import pytest

from contracts.errors import CanceledError, ErrorCode, LecternError, PermanentError, TransientError


@pytest.mark.parametrize(
    "error",
    [
        PermanentError(ErrorCode.SLIDE_FAILED, "scene 3 could not be drawn"),
        TransientError(ErrorCode.STORAGE_FULL, "no room"),
        CanceledError("superseded"),
    ],
)
def test_an_error_raised_in_a_process_pool_broke_the_pool(error: LecternError) -> None:
    back = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    assert (type(back), back.code, back.message) == (type(error), error.code, error.message)
