"""Lifts records of an old major version to the one that the models speak.

An upcaster is pure: it takes the old body and returns the new one, without changing what it was given. It
is registered under the old type, so a record may pass through several::

    def spoken_v1_v2(body: dict[str, Any]) -> dict[str, Any]:
        return {**body, "voice": body.get("voice") or "default"}

    UPCASTERS = {"lectern.scene.spoken.v1": Upcaster("lectern.scene.spoken.v2", spoken_v1_v2)}
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Upcaster:
    """A step from one major version to the next.

    Attributes:
        to: the type that comes out, such as ``lectern.scene.spoken.v2``.
        lift: pure function from the old body to the new.
    """

    to: str
    lift: Callable[[dict[str, Any]], dict[str, Any]]


UPCASTERS: Mapping[str, Upcaster] = {}
"""Old type to its upcaster. Empty: every type is at its first major version."""


def upcast(
    type_: object, body: dict[str, Any], upcasters: Mapping[str, Upcaster] | None = None
) -> tuple[object, dict[str, Any]]:
    """Return the newest type that ``type_`` can be lifted to, and the body lifted to it.

    Args:
        type_: what the record says it is; anything, and returned as it is when nothing lifts it.
        body: returned as it is (the same object) when nothing lifts it.
        upcasters: instead of the registered ones.

    Raises:
        ValueError: the body is not one of its type, so it could not be lifted.
    """
    steps = UPCASTERS if upcasters is None else upcasters
    while isinstance(type_, str) and (step := steps.get(type_)):
        try:
            body = {**step.lift(dict(body)), "type": step.to}
        except (KeyError, TypeError, AttributeError, IndexError) as error:
            raise ValueError(f"{type_} cannot be lifted to {step.to}: {error!r}") from None
        type_ = step.to
    return type_, body
