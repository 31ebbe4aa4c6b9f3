import pytest

from services.scripting.passages import Passage, Section
from services.scripting.writer.language import Trait
from services.scripting.writer.selection import select


def told(passages: list[Passage], scores: list[float], budget: float) -> list[str]:
    chosen = select([Section("장", tuple(passages))], [scores], budget, budget)
    return [passage.text for section in chosen for passage in section.passages]


def test_a_sentence_brings_along_the_one_it_leans_on() -> None:
    passages = [
        Passage("다른 말.", 10),
        Passage("앞 문장.", 10),
        Passage("그러나 뒤 문장.", 10, traits=Trait.DEPENDS),
    ]
    assert told(passages, [0.2, 0.1, 3.0], 20) == ["앞 문장.", "그러나 뒤 문장."]


def test_what_leans_on_too_much_gives_way_to_what_fits() -> None:
    passages = [
        Passage("다른 말.", 10),
        Passage("앞 문장.", 30),
        Passage("그러나 뒤 문장.", 10, traits=Trait.DEPENDS),
    ]
    assert told(passages, [0.2, 0.1, 3.0], 20) == ["다른 말."]


@pytest.mark.parametrize(("budget", "whole"), [(25.0, False), (40.0, True)])
def test_a_procedure_is_told_whole_or_not_at_all(budget: float, whole: bool) -> None:  # noqa: FBT001 - parameter
    steps = [Passage(f"{n}째.", 10, points=(str(n),), number=n + 1, bond=1) for n in range(3)]
    texts = told([Passage("머리말.", 10), *steps], [1.0, 0.1, 0.1, 0.1], budget)
    assert texts == (["머리말.", "0째.", "1째.", "2째."] if whole else ["머리말."])


def test_every_section_keeps_something() -> None:
    sections = [Section(f"{n}", (Passage(f"{n}장 말.", 10), Passage(f"{n}장 더.", 10))) for n in range(3)]
    chosen = select(sections, [[9, 9], [0.1, 0.1], [0.2, 0.3]], 30, 60)
    assert [section.title for section in chosen] == ["0", "1", "2"]


def test_when_nothing_fits_the_shortest_is_told() -> None:
    assert told([Passage("긴 말.", 30), Passage("짧은 말.", 8)], [5.0, 0.1], 5) == ["짧은 말."]
