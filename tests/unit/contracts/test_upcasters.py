"""Records of an old major version are lifted, step by step, by pure functions."""

import json
from types import MappingProxyType
from typing import Any

import pytest

from contracts import upcasters
from contracts.cloudevents import parse_event
from contracts.commands import RetryRender, parse_command
from contracts.errors import ErrorCode, PermanentError
from contracts.events import ControlChanged
from contracts.upcasters import UPCASTERS, Upcaster, upcast

STEPS = {
    "a.v1": Upcaster("a.v2", lambda body: {**body, "seconds": body["ms"] / 1000}),
    "a.v2": Upcaster("a.v3", lambda body: {name: value for name, value in body.items() if name != "ms"}),
}


def test_a_record_passes_through_every_step() -> None:
    assert upcast("a.v1", {"type": "a.v1", "ms": 1500}, STEPS) == ("a.v3", {"type": "a.v3", "seconds": 1.5})
    assert upcast("a.v2", {"type": "a.v2", "seconds": 2}, STEPS) == ("a.v3", {"type": "a.v3", "seconds": 2})


@pytest.mark.parametrize("type_", ["a.v3", "b.v1", None, 7, ["a.v1"], {}])
def test_what_nothing_lifts_stays_as_it_is(type_: object) -> None:
    body = {"ms": 1}
    assert upcast(type_, body, STEPS) == (type_, body)
    assert upcast(type_, body, STEPS)[1] is body


def test_the_given_body_is_not_changed() -> None:
    def careless(body: dict[str, Any]) -> dict[str, Any]:
        body["ms"] = 0
        return body

    body = {"ms": 1}
    assert upcast("c.v1", body, {"c.v1": Upcaster("c.v2", careless)})[1] == {"ms": 0, "type": "c.v2"}
    assert body == {"ms": 1}


@pytest.mark.parametrize("body", [{}, {"ms": "text"}, {"ms": None}])
def test_a_body_that_is_not_of_its_type_is_an_error_with_both_types(body: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"a\.v1 cannot be lifted to a\.v2"):
        upcast("a.v1", body, STEPS)


def test_the_registry_has_no_cycle_and_leads_to_known_types() -> None:
    from contracts.commands import COMMANDS  # noqa: PLC0415
    from contracts.events import EVENTS  # noqa: PLC0415

    for start in UPCASTERS:
        seen, at = {start}, start
        while at in UPCASTERS:
            at = UPCASTERS[at].to
            assert at not in seen
            seen.add(at)
        assert at in {*COMMANDS, *EVENTS}


@pytest.fixture
def old_types(monkeypatch: pytest.MonkeyPatch) -> None:
    """An older major version of an event, which called ``canceled`` ``state``, and of a command."""
    steps = {
        "lectern.control.changed.v0": Upcaster(
            ControlChanged.type, lambda body: {**body, "canceled": body["state"] == "dead"}
        ),
        "lectern.render.retry.v0": Upcaster("lectern.render.retry.v1", lambda body: {"job_id": body["job"]}),
    }
    monkeypatch.setattr(upcasters, "UPCASTERS", MappingProxyType(steps))


@pytest.mark.usefixtures("old_types")
def test_an_old_event_becomes_the_new_model() -> None:
    body: dict[str, Any] = {
        "event_id": "6f1f6d0e-3f0c-5b7a-9a44-0d3b4a1c2e5f", "job_id": "j", "attempt": 1, "state": "dead",
    }  # fmt: skip
    headers = [("ce_type", b"lectern.control.changed.v0")]
    event = parse_event(json.dumps(body).encode(), headers)
    assert isinstance(event, ControlChanged)
    assert event.canceled
    assert parse_event(json.dumps({**body, "type": "lectern.control.changed.v0"}).encode()) == event
    del body["state"]
    with pytest.raises(PermanentError) as caught:
        parse_event(json.dumps(body).encode(), headers)
    assert caught.value.code is ErrorCode.EVENT_MALFORMED


@pytest.mark.usefixtures("old_types")
def test_an_old_command_becomes_the_new_one() -> None:
    command = parse_command(b'{"type": "lectern.render.retry.v0", "job": "j"}')
    assert command == RetryRender(job_id="j")
    with pytest.raises(PermanentError) as caught:
        parse_command(b'{"type": "lectern.render.retry.v0"}')
    assert caught.value.code is ErrorCode.EVENT_MALFORMED
