"""TextRank: how central each sentence is to the text.

R. Mihalcea and P. Tarau, TextRank: Bringing Order into Texts, 2004.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Sequence

_DAMPING = 0.85
_ROUNDS = 30
_COMMON = 150
"""A word in more sentences than this tells nothing about any; it also bounds the work on hostile text."""


def rank(bags: Sequence[frozenset[str]], check: Callable[[], None]) -> list[float]:
    """Return one score per sentence, 1 on average, from the content words they share.

    Args:
        bags: each sentence's content words.
        check: called often; raises when the work is to stop.
    """
    where: dict[Hashable, list[int]] = defaultdict(list)
    for index, bag in enumerate(bags):
        for word in sorted(bag):
            where[word].append(index)
    shared: Counter[tuple[int, int]] = Counter()
    for places in where.values():
        check()
        if len(places) <= _COMMON:
            shared.update((a, b) for i, a in enumerate(places) for b in places[i + 1 :])
    edges: list[list[tuple[int, float]]] = [[] for _ in bags]
    for (a, b), count in sorted(shared.items()):
        weight = count / (math.log(len(bags[a]) + 1) + math.log(len(bags[b]) + 1))
        edges[a].append((b, weight))
        edges[b].append((a, weight))
    totals = [sum(weight for _, weight in row) for row in edges]
    edges = [[(other, weight / totals[other]) for other, weight in row] for row in edges]
    scores = [1.0] * len(bags)
    for _ in range(_ROUNDS):
        check()
        scores = [
            1 - _DAMPING + _DAMPING * sum(share * scores[other] for other, share in row) for row in edges
        ]
    return scores


def key_phrases(
    terms: Sequence[Sequence[tuple[str, str]]],
    everywhere: Counter[str],
    sentences: int,
    used: Counter[str],
) -> list[str]:
    """Return the phrases that some sentences are about, the best first, as written.

    Args:
        terms: of the sentences in question.
        everywhere: in how many sentences of the whole text each term stands.
        sentences: how many the whole text has.
        used: terms that other titles have taken already; they count less.
    """
    counts: Counter[str] = Counter()
    written: dict[str, str] = {}
    for sentence in terms:
        for key, surface in sentence:
            counts[key] += 1
            written.setdefault(key, surface)

    def score(key: str) -> float:
        rare = 1 + math.log((sentences + 1) / (everywhere[key] + 1))
        compound = 1.6 if " " in key or len(key) > 3 else 1.0
        return counts[key] * rare * compound / (1 + used[key])

    best: list[str] = []
    for key in sorted(counts, key=lambda key: (-score(key), key)):
        if not any(key in other or other in key for other in best):
            best.append(key)
        if len(best) == 3:
            break
    used.update(best[:2])
    return [written[key] for key in best]
