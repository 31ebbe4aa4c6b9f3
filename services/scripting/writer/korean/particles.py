"""Korean particles that depend on the last sound of the word in front."""


def has_final(word: str) -> bool:
    """Whether a word ends in a consonant as spoken; Latin letters and digits by their Korean names."""
    last = word.rstrip(" )\"'”’")[-1:]
    if "가" <= last <= "힣":
        return (ord(last) - ord("가")) % 28 != 0
    return last.lower() in "lmnr" or last in "013678"


def topic_particle(word: str) -> str:
    """Return 은 or 는, as the word's last sound asks."""
    return "은" if has_final(word) else "는"
