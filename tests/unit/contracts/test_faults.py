"""What is wrong with a list is told once or a few times, however long it is: each fault takes a kilobyte."""

import types
import typing
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from contracts.commands import COMMANDS
from contracts.events import EVENTS
from contracts.renderspec import RenderSpec
from contracts.script import Script
from services.gateway.http.models import RenderJobRequest, ScenePatch, ScriptGenerateRequest
from services.gateway.http.routes.backend import StartRequest
from services.gateway.http.routes.tickets import StreamTicketRequest
from services.gateway.http.strict_bodies import ScriptBody
from services.gateway.realtime.requests import Subscribe, Unsubscribe

READ: tuple[type[BaseModel], ...] = (
    *EVENTS.values(), *COMMANDS.values(), RenderSpec, Script, ScriptBody, StartRequest, RenderJobRequest,
    ScenePatch, ScriptGenerateRequest, StreamTicketRequest, Subscribe, Unsubscribe,
)  # fmt: skip
MOST = 1_600
"""Faults that are told at most: of 500 scenes three each, and some more."""


def parts(annotation: Any) -> Iterator[Any]:
    """Yield a type and what it is made of."""
    yield annotation
    for part in typing.get_args(annotation):
        if isinstance(part, type | types.GenericAlias | types.UnionType) or typing.get_args(part):
            yield from parts(part)


def lists_of(model: type[BaseModel]) -> Iterator[tuple[str, Any]]:
    """Yield the fields that hold lists or mappings, and the model of their items, if they have one."""
    for name, field in model.model_fields.items():
        for part in parts(field.annotation):
            if typing.get_origin(part) in (tuple, list, dict, set, frozenset):
                models = [each for each in parts(part) if isinstance(each, type)]
                yield name, next((each for each in models if issubclass(each, BaseModel)), None)
                break


def models_of(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    """Yield a model and those that it holds."""
    yield model
    for field in model.model_fields.values():
        for part in parts(field.annotation):
            if isinstance(part, type) and issubclass(part, BaseModel):
                yield from models_of(part)


ALL = {held for model in READ for held in models_of(model)}
LISTS = [
    pytest.param(model, name, id=f"{model.__name__}.{name}")
    for model in sorted(ALL, key=lambda each: (each.__module__, each.__name__))
    for name, _ in lists_of(model)
]


def faults(model: type[BaseModel], value: object) -> int:
    try:
        model.model_validate(value)
    except ValidationError as error:
        return error.error_count()
    return 0


def wrong(model: type[BaseModel], count: int) -> dict[str, Any]:
    """Return what is wrong in every list of a model, and in the lists of their items."""
    return {name: [wrong(item, count) if item else 1] * count for name, item in lists_of(model)}


@pytest.mark.parametrize(("model", "name"), LISTS)
def test_of_20_000_wrong_items_no_more_than_1600_faults_are_told(model: type[BaseModel], name: str) -> None:
    told = []
    items: tuple[Any, ...] = (1, {}, "", [], None, {"": []})
    for item in items:
        told.append(faults(model, {name: [item] * 20_000}))
        told.append(faults(model, {name: {f"?{at}": item for at in range(20_000)}}))
    assert max(told) <= MOST


@pytest.mark.parametrize("model", READ, ids=lambda each: each.__name__)
def test_lists_in_lists_do_not_multiply_their_faults(model: type[BaseModel]) -> None:
    assert faults(model, wrong(model, 100)) <= MOST


def test_lists_are_found_where_there_are_some() -> None:
    found = {each.id for each in LISTS}
    assert {"Script.chapters", "Chapter.scenes", "SceneSubtitled.cues", "Subscribe.revisions"} <= found
    assert wrong(Script, 1)["chapters"] == [{"scenes": [{}]}]
