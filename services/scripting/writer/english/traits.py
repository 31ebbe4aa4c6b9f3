"""What an English sentence does, read from its wording."""

import re

from services.scripting.text import words
from services.scripting.writer.language import PLAIN, Trait

_I = re.IGNORECASE

_NOT_A_TERM = re.compile(
    r"^(?:this|these|it|they|there|you|your|we|our|my|that|those|he|she|each|every|most|some|many|if|when"
    r"|what"
    r"|who|how|why|one|another|here|nobody|everyone|only|all|no|nothing|anyone|today|the (?:first|best"
    r"|most|next"
    r"|last|only|right|safest|goal|aim|result|problem|rule|reason))\b",
    _I,
)
_DEFINED = re.compile(
    r"^(?P<article>An?\s+|The\s+)?(?P<name>[A-Za-z][\w'’/ -]{1,40}?)(?:\s+\([^()]{1,40}\))?\s+"
    r"(?P<verb>is|are|means|refers to|stands for|is defined as)\s+"
    r"(?=(?:any|an?|the (?:act|practice|process|use|art)|information)\b)"
    r".{8,}?\b(?:to|that|which|who|where|of|for|in which|made|used|between|when|by)\s"
)
_LINKS = (
    "However|Therefore|Also|In addition|For example|For instance|Then|Next|Thus|Moreover|Furthermore|So"
    "|And|But"
    "|As a result|Finally"
)
_DEPENDS = re.compile(
    rf"^(?:{_LINKS}|This|That|These|Those|It|They|He|She|Such|Otherwise|Instead|Meanwhile|In this case"
    r"|Half of them|Both|Neither|Because)\b|^(?!(?:If|When|Before|After|Unless|Once)\b)[^,]*\bthem\b"
    r"(?! (?:lesson|training|course|module|chapter|section|guide|document)\b)"
)
_INTRODUCES = re.compile(
    r"\b(?:following|these|below|as follows)\b|\bsteps\b|:\s*$"
    r"|\b(?:two|three|four|five|six|[2-9]) (?:\w+ )?(?:things|points|ways|rules|steps|checks|habits"
    r"|reasons|signs"
    r"|questions|places|items)\b|^remember\b",
    _I,
)
_ANNOUNCES = re.compile(
    r"^in this (?:lesson|training|course|module|chapter|section|video),? (?:you|we)\b"
    r"|^this (?:lesson|training|course|module|chapter|section|guide|document|video) "
    r"(?:shows|explains|covers|describes|introduces|teaches|is about)\b"
    r"|^(?:today|now),? (?:we|you)(?:['’]ll| will)\b|^let['’]s (?:look|learn|see|start|begin)\b"
    r"|today['’]s topic"
    r"|^remember (?:the|these|what you)\b[^:]{0,40}[.:!]?$|put them into practice|^this concludes\b",
    _I,
)
_GREETS = re.compile(
    r"^(?:welcome|hello|good (?:morning|afternoon)|hi)\b|\bthank you (?:for|and)\b|^thank you\b"
    r"|\bthanks for\b"
    r"|^congratulations\b",
    _I,
)
_FORBIDS = re.compile(
    r"^(?:do not|don['’]t|never)\b|[,;] (?:do not|don['’]t|never) |\b(?:must|may|should) (?:not|never)\b"
    r"|\b(?:prohibited|forbidden|not allowed)\b",
    _I,
)
_STRESSED = re.compile(r"\b(?:never|always|must)\b", _I)
_CONTRASTS = re.compile(
    r"^(?:in contrast|by contrast|on the other hand|conversely|instead|unlike [^,]{2,40}),? ", _I
)
ORDER = re.compile(
    r"^(?:(?:first(?:ly)?|second(?:ly)?|third(?:ly)?|fourth|next|then|after that|finally"
    r"|lastly)\b,?\s+){1,2}",
    _I,
)
_TIMED = re.compile(
    r"\b(?:within|after|in|by) (?:the (?:first|next) )?\d{1,3} (?:second|minute|hour|day|week|month)s?\b"
    r"|\b(?:immediately|at once|the next day|once a (?:day|week|month|year)"
    r"|every (?:day|week|month|year)(?! \w+ed))\b",
    _I,
)
_COUNTED = re.compile(
    r"\d\s?%|\bpercent\b|[$€£]\s?\d|\b(?:\d+|one|two|three) (?:out of|in) (?:every )?(?:\d+|five|ten"
    r"|three|four)\b"
    r"|\b(?:million|billion)\b|\b\d[\d,]{2,} \w",
    _I,
)
_QUOTES = re.compile(
    r"[\"“][^\"”]{8,140}[\"”],? (?:[\w' ]{0,30}?)?(?:said|says|asked|asks|wrote|replied)\b"
    r"|\b(?:said|says|asked|asks|told \w+|wrote|replied),? [\"“][^\"”]{8,140}[\"”]"
)
_PEOPLE = (
    r"(?:you|we|everyone|everybody|each of us|(?:all )?(?:employees|workers|staff|drivers|operators|users"
    r"|team members|managers|visitors|riders))"
)
DUTY = re.compile(
    rf"^{_PEOPLE}\s+(?:must|should|need to|needs to|have to|has to|shall|(?:is|are) required to)\s+"
    r"(?P<not>not\s+|never\s+)?(?P<what>(?:always\s+)?\w.*)$",
    _I,
)
_VERBS = frozenset(
    words(
        """
        accept act add address agree aim alert allow apply approve ask assess attach attend avoid back be
        begin bend block bring build call carry change check choose clean clear click close collect comply
        compare confirm connect contact contain copy cover create cut decline delete deny describe
        disconnect discuss document download drink drive drop eat empty enable encrypt ensure enter evacuate
        examine exit explain face fasten file fill find follow forward get give go grip guard hand hang have
        help hold hover identify include inform inspect install invite join keep know label learn leave let
        lift limit listen lock log look lower make mark measure meet move note notify obey observe offer
        open order park pause place plan plug point practice press print protect pull push put raise read
        record recycle reduce refuse register remember remove repeat replace reply report request rescue
        respect respond rest restart return review rinse run save say scan schedule seal secure select send
        separate set share show shred shut sign sit squeeze stand start stay stop store submit support sweep
        switch tag take talk teach tell test think tidy tie train treat try turn type unplug update upload
        use verify visit wait walk warn wash watch wear wipe work write
        """
    )
)
_CONDITION = re.compile(r"^(?:if|when|before|after|once|unless|whenever|while|for) [^,]{3,80}, ", _I)
_FIRST_WORD = re.compile(r"^(?:(?:please|always|immediately|only|then|also|instead),? )?([a-z]+)\b", _I)


def defined_term(sentence: str) -> tuple[str, str, str] | None:
    """Return article, name and verb of the term that a sentence defines."""
    found = _DEFINED.match(sentence)
    if not found or _NOT_A_TERM.match(sentence):
        return None
    return found["article"] or "", found["name"], found["verb"]


def instructs(sentence: str) -> bool:
    """Return whether a sentence tells the viewer what to do."""
    rest = ORDER.sub("", _CONDITION.sub("", sentence, count=1), count=1)
    first = _FIRST_WORD.match(rest)
    return bool(first and first[1].lower() in _VERBS) or DUTY.match(rest) is not None


def traits_of(sentence: str) -> Trait:
    """Return all that the wording shows."""
    traits = PLAIN
    if defined_term(sentence):
        traits |= Trait.DEFINES
    for trait, pattern in _PATTERNS:
        if pattern.search(sentence):
            traits |= trait
    if sentence.rstrip("\"'”’ ").endswith("?"):
        traits |= Trait.ASKS
    if not traits & (Trait.FRAMES | Trait.FORBIDS) and instructs(sentence):
        traits |= Trait.INSTRUCTS
    return traits


_PATTERNS = (
    (Trait.DEPENDS, _DEPENDS),
    (Trait.INTRODUCES, _INTRODUCES),
    (Trait.FRAMES, _ANNOUNCES),
    (Trait.FRAMES | Trait.GREETS, _GREETS),
    (Trait.FORBIDS, _FORBIDS),
    (Trait.STRESSED, _STRESSED),
    (Trait.CONTRASTS | Trait.DEPENDS, _CONTRASTS),
    (Trait.ORDERED, ORDER),
    (Trait.TIMED, _TIMED),
    (Trait.COUNTED, _COUNTED),
    (Trait.QUOTES, _QUOTES),
)
