"""Compares two versions of a record's JSON Schema: FULL compatibility, both ways at once.

*Backward*: readers of the new schema must understand every record written under the old one (what is in the
topics). *Forward*: readers of the old schema must understand every record written under the new one (workers
not yet upgraded, backends). Within a major version both hold between every two releases, which makes it
FULL_TRANSITIVE in the words of schema registries.

Allowed is: adding an optional field, and changing descriptions. Everything else is a new major version and
an upcaster.
"""

from collections.abc import Mapping
from typing import Any

Schema = Mapping[str, Any]

_LOWER = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
_UPPER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
_ANNOTATIONS = frozenset(
    {"title", "description", "examples", "deprecated", "$comment", "$id", "$schema", "$defs", "discriminator"}
)
_COMPARED = frozenset(
    {"type", "$ref", "anyOf", "oneOf", "enum", "const", "properties", "required", "items",
     "additionalProperties", *_LOWER, *_UPPER}
)  # fmt: skip
_ABSENT = object()


def incompatibilities(old: Schema, new: Schema) -> list[str]:
    """Return what of ``new`` breaks readers or writers of ``old``; empty when they are fully compatible.

    Args:
        old: an earlier schema, with its ``$defs``.
        new: the schema that is to stand beside it.
    """
    comparison = _Comparison(old, new)
    comparison.compare(old, new, "")
    return comparison.found


class _Comparison:
    def __init__(self, old_root: Schema, new_root: Schema) -> None:
        self._old_root, self._new_root = old_root, new_root
        self._entered: set[tuple[str, str]] = set()
        self.found: list[str] = []

    def compare(self, old: Schema, new: Schema, where: str) -> None:
        if old.get("default", _ABSENT) != new.get("default", _ABSENT):
            self._say(where, "the default changed: a record without the field now means something else")
        references = (str(old.get("$ref", "")), str(new.get("$ref", "")))
        if all(references):
            if references in self._entered:
                return  # compared already, or a schema that contains itself
            self._entered.add(references)
        olds, news = _kinds(old, self._old_root), _kinds(new, self._new_root)
        for kind in sorted(olds.keys() - news.keys()):
            self._say(where, f"{kind} is no longer accepted: new readers refuse old records")
        for kind in sorted(news.keys() - olds.keys()):
            self._say(where, f"{kind} is new: old readers refuse new records")
        for kind in sorted(olds.keys() & news.keys()):
            self._compare_kind(olds[kind], news[kind], where)

    def _compare_kind(self, old: Schema, new: Schema, where: str) -> None:
        self._compare_limits(old, new, where)
        self._compare_values(old, new, where)
        self._compare_fields(old, new, where)
        if "items" in old and "items" in new:
            self.compare(old["items"], new["items"], f"{where}[]")
        elif "items" in old or "items" in new:
            self._say(where, "the type of the list's items appeared or disappeared")
        self._compare_extra(
            old.get("additionalProperties", True), new.get("additionalProperties", True), where
        )
        for keyword in sorted((old.keys() | new.keys()) - _COMPARED - _ANNOTATIONS - {"default"}):
            if old.get(keyword, _ABSENT) != new.get(keyword, _ABSENT):
                self._say(where, f"{keyword} changed")

    def _compare_limits(self, old: Schema, new: Schema, where: str) -> None:
        for keyword in (*_LOWER, *_UPPER):
            sign, unlimited = (1, float("-inf")) if keyword in _LOWER else (-1, float("inf"))
            before, after = old.get(keyword, unlimited), new.get(keyword, unlimited)
            if sign * after > sign * before:
                self._say(where, f"{keyword} is tighter: new readers refuse old records")
            elif sign * after < sign * before:
                self._say(where, f"{keyword} is looser: old readers refuse new records")

    def _compare_values(self, old: Schema, new: Schema, where: str) -> None:
        before, after = _values(old), _values(new)
        if before == after:
            return
        if after is not None and (before is None or before - after):
            gone = "others" if before is None else ", ".join(sorted(before - after))
            self._say(where, f"the values no longer include {gone}: new readers refuse old records")
        if before is not None and (after is None or after - before):
            added = "others" if after is None else ", ".join(sorted(after - before))
            self._say(where, f"the values now include {added}: old readers refuse new records")

    def _compare_fields(self, old: Schema, new: Schema, where: str) -> None:
        olds, news = old.get("properties", {}), new.get("properties", {})
        were, are = set(old.get("required", ())), set(new.get("required", ()))
        for name in sorted(olds.keys() | news.keys()):
            field = f"{where}.{name}" if where else name
            if name not in news:
                self._say(field, "the field was removed or renamed")
                continue
            if name in are - were:
                what = "is required now" if name in olds else "is new and required"
                self._say(field, f"the field {what}: old records may lack it")
            if name not in olds:
                continue
            if name in were - are:
                self._say(field, "the field is optional now: old readers need it")
            self.compare(olds[name], news[name], field)

    def _compare_extra(self, old: Any, new: Any, where: str) -> None:
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            self.compare(old, new, f"{where}{{}}")
        elif old != new:
            self._say(where, "additionalProperties changed")

    def _say(self, where: str, what: str) -> None:
        self.found.append(f"{where or 'the record'}: {what}")


def _kinds(schema: Schema, root: Schema) -> dict[str, Schema]:
    """Return the alternatives of a node by type; several of one type are told apart by title, or number."""
    nodes = _alternatives(schema, root)
    types = [kind for kind, _ in nodes]
    return {
        kind if types.count(kind) == 1 else f"{kind} {node.get('title', number)}": node
        for number, (kind, node) in enumerate(nodes)
    }


def _alternatives(schema: Schema, root: Schema) -> list[tuple[str, Schema]]:
    if "$ref" in schema:
        target: Any = root
        for part in str(schema["$ref"]).removeprefix("#/").split("/"):
            target = target[part]
        return _alternatives(target, root)
    for keyword in ("anyOf", "oneOf"):
        if keyword in schema:
            return [node for choice in schema[keyword] for node in _alternatives(choice, root)]
    types = schema.get("type", "value of any type")
    return [(str(name), schema) for name in ([types] if isinstance(types, str) else types)]


def _values(schema: Schema) -> set[str] | None:
    if "const" in schema:
        return {repr(schema["const"])}
    return {repr(value) for value in schema["enum"]} if "enum" in schema else None
