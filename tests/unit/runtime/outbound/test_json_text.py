import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.runtime.outbound.json_text import (
    MAX_NUMBER_CHARACTERS,
    MAX_VALUES,
    NotJsonError,
    UnreasonableJsonError,
    read_json,
)

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(VALUES)
def test_what_we_would_write_is_read(value: Any) -> None:
    assert read_json(json.dumps(value).encode()) == value
    assert (
        read_json(b"\xef\xbb\xbf" + json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass"))
        == value
    )


@pytest.mark.parametrize(
    "text", [b"", b"{", b"NaN", b"[Infinity]", b"-Infinity", b"\xff", '{"a":1}'.encode("utf-16")]
)
def test_what_is_no_json_is_told_apart(text: bytes) -> None:
    with pytest.raises(NotJsonError):
        read_json(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"[" * 100_000, "deeply"),
        (b'{"a":' * 50_000, "deeply"),
        (b"9" * (MAX_NUMBER_CHARACTERS + 1), "characters"),
        (b"-1." + b"0" * MAX_NUMBER_CHARACTERS, "characters"),
        (b"1e999", "range"),
        (b'{"a": 1, "b": {"c": 1, "c": 1}}', "twice"),
        (rb'{"a": 1, "\u0061": 2}', "twice"),
        (b"[" + b"0," * MAX_VALUES + b"0]", "values"),
    ],
    ids=["lists", "objects", "digits", "decimals", "range", "twice", "twice-escaped", "values"],
)
def test_what_is_json_but_nobodys_who_means_well_is_refused(text: bytes, words: str) -> None:
    with pytest.raises(UnreasonableJsonError, match=words):
        read_json(text)
