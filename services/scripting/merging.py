"""Neighbours merged until there are few enough: chapters and scenes, of a source or of a model's answer."""

from collections.abc import Callable, Sequence
from heapq import heapify, heappop, heappush
from typing import Any, TypeVar

T = TypeVar("T")


def merge_cheapest(
    items: Sequence[T],
    most: int,
    price: Callable[[T, T], Any],
    merge: Callable[[T, T], T],
    check: Callable[[], None] = lambda: None,
) -> list[T]:
    """Return the items, the cheapest neighbours merged, the first of equals, until there are ``most``.

    A merge changes the price of its neighbours only, so there is a queue of prices, in which what has been
    offered anew since is passed by: thousands of items take no longer than their number asks.

    Args:
        items: in order.
        most: at least 1.
        price: of merging two neighbours; ordered.
        merge: makes one of two.
        check: called for each item; raises when the work is to stop.
    """
    left = list(items)
    following = list(range(1, len(left) + 1))
    before = list(range(-1, len(left) - 1))
    offers = [0] * len(left)
    gone = [False] * len(left)

    def offer(at: int) -> tuple[Any, int, int]:
        check()
        offers[at] += 1
        return price(left[at], left[following[at]]), at, offers[at]

    queue = [offer(at) for at in range(len(left) - 1)] if len(left) > most else []
    heapify(queue)
    count = len(left)
    while count > most:
        _, at, number = heappop(queue)
        if gone[at] or number != offers[at]:
            continue
        second = following[at]
        left[at] = merge(left[at], left[second])
        gone[second] = True
        count -= 1
        following[at] = following[second]
        if following[at] < len(left):
            before[following[at]] = at
            heappush(queue, offer(at))
        else:
            offers[at] += 1
        if before[at] >= 0:
            heappush(queue, offer(before[at]))
    return [item for at, item in enumerate(left) if not gone[at]]
