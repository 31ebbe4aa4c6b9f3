"""Records of one partition that were, or may have been, in the hands of a worker when it died."""

from typing import Final

from services.runtime.engine.marks import Mark

MAX_BY: Final = 12
"""Deaths that are kept with those who are suspected of them. Fewer: more of them are taken for somebody
else's deed. More: the note beside the offset grows."""


class Suspects:
    """Which records must be worked on with nothing else in hand, and how many deaths each has been in.

    Attributes:
        deaths: by offset; 0 is a record that is to be alone for another reason.
        first: how many records below ``until`` are suspects though nothing named them.
        until: see ``first``; no record from here on was there when the worker died.
        by: the workers whose deaths made suspects of them.
    """

    __slots__ = ("by", "deaths", "first", "until")

    def __init__(
        self, deaths: dict[int, int], first: int = 0, until: int = 0, by: tuple[str, ...] = ()
    ) -> None:
        self.deaths = deaths
        self.by = by
        self.first = first if until else 0
        self.until = until

    @classmethod
    def after(cls, mark: Mark, committed: int, *, died: bool, end: int = 0) -> "Suspects | None":
        """Return whom to suspect by the note of whoever had the partition before, ``None`` for nobody.

        Args:
            mark: what stood beside the committed offset.
            committed: that offset; what lies below is finished.
            died: whether the worker that the note names is dead.
            end: the partition's end now.
        """
        deaths = dict(mark.deaths)
        first, until = mark.first, mark.until
        if died and mark.alone is not None:
            # only this one: whoever else is a suspect had not been begun
            deaths[mark.alone] = deaths.get(mark.alone, 0) + 1
        elif died:
            deaths = {**dict.fromkeys(mark.at_work, 1), **deaths}
            first, until = max(first, mark.more), max(until, end)
        by = (*mark.by, mark.worker)[-MAX_BY:] if died else mark.by
        suspects = cls({at: count for at, count in deaths.items() if at >= committed}, first, until, by)
        return None if suspects.over(committed) else suspects

    def __contains__(self, offset: int) -> bool:
        return offset in self.deaths or (self.first > 0 and offset < self.until)

    def name(self, offset: int) -> int:
        """Note that a record is about to be worked on alone; return how many deaths it has been in."""
        if offset not in self.deaths:
            self.first -= 1
            self.deaths[offset] = 1
        return self.deaths[offset]

    def clear(self, offset: int) -> None:
        """Suspect a record no longer: it is finished."""
        self.deaths.pop(offset, None)

    def over(self, watermark: int) -> bool:
        """Whether nobody is left, everything below ``watermark`` being finished."""
        return not any(at >= watermark for at in self.deaths) and not (self.first and watermark < self.until)
