"""English sentences that tell someone to do something."""

import re

_LISTED = """
accept acknowledge add address adjust agree aim alert allow apply approve arrange ask assess attach
attend avoid back balance bend block bring call carry change check choose clean clear close collect
comply confirm connect consult contact contain copy cover create cut declare decline delete deny
describe destroy dial disconnect discuss dispose document drink drive drop eat empty enable encrypt end
ensure enter evacuate examine exit face fasten file fill find follow forward get give go grip guard hand
handle hang have help hold hover identify include inform inspect install invite isolate join keep know
label leave let lift limit list listen lock log look lower make mark measure meet memorise memorize move
mute name note notify obey observe open order park pause pick place plan plug point practice practise
prepare press print proceed protect pull push put question raise read record recycle reduce refuse
register remember remove repeat replace reply report request rescue respect respond rest restart restore
retain return review rinse run save say scan schedule seal secure send separate set share shout show shred
shut sign sit slow sort sound speak squeeze stand start state stay step stop store stretch submit
support sweep switch tag take talk teach tell test thank think tidy tie touch train treat turn type
unplug update upload use verify visit wait walk warn wash watch wear wipe work write
"""
_VERBS = frozenset(_LISTED.split())
_FIRST = re.compile(r"^(?:please |always |then |also |immediately |only )?([a-z]+)\b", re.IGNORECASE)
_DUTY = re.compile(
    r"^(?:you|we|everyone|employees|staff|all \w{3,12}) (?:must|should|have to|need to)\b", re.IGNORECASE
)


_CONDITION = re.compile(r"^(?:if|when|before|after|once|unless) [^,]{3,80}, ", re.IGNORECASE)


def commands(sentence: str) -> bool:
    """Return whether the English ``sentence`` is an imperative or states a duty of the viewer."""
    sentence = _CONDITION.sub("", sentence, count=1)
    first = _FIRST.match(sentence)
    return (first is not None and first.group(1).lower() in _VERBS) or _DUTY.match(sentence) is not None
