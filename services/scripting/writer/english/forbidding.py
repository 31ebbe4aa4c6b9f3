"""English for what is forbidden: an act that a list below "What you must not do" only names."""

import re
from collections.abc import Sequence

from contracts.polarity import states_not
from services.scripting.text import words
from services.scripting.writer.english.headline import lowered, point
from services.scripting.writer.english.traits import ORDER, instructs
from services.scripting.writer.language import Item

_LABEL_WORDS = 4
_GERUND = re.compile(
    r"^(?!(?:during|anything|everything|nothing|something|bring|morning|evening|king|ring)\b)[a-z]{2,}ing\b",
    re.IGNORECASE,
)
_ACTS = frozenset(
    words(
        """
        abuse access adjust alter argue assume blame block borrow break bully bypass chat climb comment commit
        consume cross damage date destroy dismiss disable disclose distribute enter exceed expose fake fall
        feed fish flirt force forge forward gamble gossip guess harass hide hit horse hurry ignore insult
        interrupt jump jaywalk kick kill lend lie light litter load misuse mix modify obstruct offer
        overfill overload overreach override photograph play plug post prop punish race record reheat rely
        resell reset reuse ride rush screenshot serve shake shop shout sleep smoke speed spit splash stack
        stand steal step stream swim tamper taste tease text throw thaw tip torrent transfer transport
        trespass trust underestimate use vape weld whistle yell
        """
    )
)
"""Verbs of acts that people forbid, besides those that they command."""
_LEAD = re.compile(r"^(?:please|always|you (?:can|may|should|must)|to)\s+", re.IGNORECASE)
_EDGES = " .,;!"


def forbidden(text: str, sentences: Sequence[str]) -> Item | None:
    """See :meth:`services.scripting.writer.language.Language.forbidden`.

    Args:
        text: of the item.
        sentences: the same in sentences, ready to be spoken.
    """
    name, _, rest = text.partition(": ")
    if rest.strip() and len(name.split()) <= _LABEL_WORDS and not instructs(name):
        said, shown = refused(rest.strip(_EDGES))
        return Item((f"{name}: {lowered(said)}",), f"{name}: {lowered(shown)}", label=name)
    first = ORDER.sub("", sentences[0].strip(_EDGES), count=1)
    if states_not(first):
        return Item(tuple(sentences), point(sentences[0]) or first)
    said, shown = refused(first)
    bare = shown == first and not _GERUND.match(first) and len(sentences) == 1
    return None if bare else Item((said, *sentences[1:]), shown)


def refused(act: str) -> tuple[str, str]:
    """Return an act as what is not done, said and shown: Share it → Do not share it."""
    if states_not(act):
        return f"{act}.", act
    bare = _LEAD.sub("", act, count=1)
    if _GERUND.match(act):
        return f"{act[:1].upper()}{act[1:]} is not allowed.", act
    if instructs(bare) or bare.partition(" ")[0].lower() in _ACTS:
        refusal = f"Do not {lowered(bare)}"
        return f"{refusal}.", refusal
    return f"Not allowed: {lowered(act)}.", act


def listed(phrases: Sequence[str], subject: str | None) -> str:
    """See :meth:`services.scripting.writer.language.Language.forbidden_list`."""
    named = [lowered(phrase.strip(_EDGES)) for phrase in phrases]
    together = " and ".join(named) if len(named) < 3 else f"{', '.join(named[:-1])}, and {named[-1]}"
    head = (
        subject
        if subject and states_not(subject)
        else f"{subject}, not allowed"
        if subject
        else "Not allowed"
    )
    return f"{head[:1].upper()}{head[1:]}: {together}."
