import pytest

from services.scripting.writer.english.english import English

ENGLISH = English()


@pytest.mark.parametrize(
    ("sentence", "headline"),
    [
        ("Employees must wear a helmet at all times.", "Wear a helmet at all times"),
        (
            "You should never share a password with anyone, because it may leak.",
            "Never share a password with anyone",
        ),
        ("You must not open the file.", "Do not open the file"),
        ("Phishing is an attack that tricks people into giving away secrets.", "What is phishing?"),
        ("It is important to lock your screen.", "Lock your screen"),
        ("However, most incidents start with one e-mail.", "Most incidents start with one e-mail"),
        ("What would you do?", "What would you do?"),
    ],
)
def test_a_headline_names_the_point(sentence: str, headline: str) -> None:
    assert ENGLISH.headline(sentence) == headline


def test_a_sentence_that_cannot_be_shortened_has_no_headline() -> None:
    assert (
        ENGLISH.headline(
            "The annual survey of all departments in the capital region found that roughly one in "
            "five of the "
            "employees of the larger sites had witnessed trouble of one kind or another."
        )
        is None
    )


def test_items_are_said_as_sentences() -> None:
    first = ENGLISH.item("Change your password", 1, 3)
    last = ENGLISH.item("Tell IT", 3, 3)
    assert first is not None
    assert last is not None
    assert first.sentences == ("First, change your password.",)
    assert last.sentences == ("Finally, tell IT.",)
    assert ENGLISH.item("Helmet", None, 3) is None
    assert ENGLISH.enumeration(["helmet", "gloves", "boots"], None) == "Helmet, gloves, and boots."
