"""Looks for each poison record in the dead letters."""

from collections import defaultdict
from collections.abc import Iterator

from tests.chaos.evidence import Evidence, Poison, Raw


def lost_poison(evidence: Evidence) -> list[str]:
    """(g) Poison that is not in its dead letters, or not as it was, or without a reason."""
    letters: defaultdict[tuple[str, ...], list[Raw]] = defaultdict(list)
    for record in evidence.records:
        if record.topic.endswith(".dlq"):
            texts = dict(record.headers)
            where = (texts.get(f"dlq.original.{name}") or b"" for name in ("topic", "partition", "offset"))
            letters[tuple(part.decode(errors="replace") for part in where)].append(record)
    found: list[str] = []
    for poison in evidence.poison:
        # a topic that was made again, or a new cluster, has every place a second time
        here = letters[tuple(str(part) for part in poison.place)]
        if not here:
            found.append(f"{poison.kind} at {poison.place} is in no dead letters")
            continue
        each: list[list[str]] = [list(_problems(poison, letter)) for letter in here]
        best: list[str] = min(each, key=len)
        found.extend(best)
    return found


def _problems(poison: Poison, letter: Raw) -> Iterator[str]:
    key = b"" if poison.key is None and poison.value is None else poison.key
    if (letter.key, letter.value) != (key, poison.value):
        yield f"{poison.kind} at {poison.place} changed on its way to the dead letters"
    if letter.headers[: len(poison.headers)] != poison.headers:
        yield f"{poison.kind} at {poison.place} lost its headers"
    why = {name: value for name, value in letter.headers if name.startswith("dlq.")}
    missing = [name for name in _WHY if not (why.get(name) or b"").strip()]
    if missing:
        yield f"{poison.kind} at {poison.place} does not say {', '.join(missing)}"


_WHY = (
    "dlq.stage", "dlq.attempts", "dlq.category", "dlq.exception.class", "dlq.exception.message",
    "dlq.fingerprint",
)  # fmt: skip
