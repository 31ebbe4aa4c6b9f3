"""Short films, made up from a seed: one to four scenes that take tenths of a second to render."""

import random
from typing import Any

SUBJECTS = (
    "비밀번호", "안전모", "소화기", "개인정보", "출입문", "이메일 첨부파일", "작업 발판", "전기 배선",
    "방진 마스크", "공용 노트북", "보안 카드", "화학 물질", "비상구", "지게차", "백업 디스크", "회의 자료",
)  # fmt: skip
RULES = (
    "{s} 점검은 하루에 {n}번 합니다.",
    "{s} 사용법을 먼저 확인하세요.",
    "{s}에 문제가 있으면 {n}분 안에 신고합니다.",
    "{s}의 상태를 {n}단계로 기록합니다.",
    "{s} 담당자는 {n}명입니다.",
    "낡은 {s}는 바로 바꿉니다.",
)
OPTIONS: dict[str, Any] = {"width": 160, "height": 90, "fps": 12, "tts_provider": "mock"}
"""The smallest picture the contract allows, at half the usual rate; the silent voice."""


def film_spec(chance: random.Random) -> dict[str, Any]:
    """Return a render spec in the flat shape; films of equal seeds are equal, others hardly ever."""
    scenes = []
    for number in range(1, chance.randint(1, 4) + 1):
        subject = chance.choice(SUBJECTS)
        rules = chance.sample(RULES, chance.randint(1, 2))
        narration = " ".join(rule.format(s=subject, n=chance.randint(2, 19)) for rule in rules)
        scenes.append({"scene_id": number, "narration": narration, "caption": subject})
    return {"title": f"{chance.choice(SUBJECTS)} 수칙", "language": "ko", "scenes": scenes}


def film_options(chance: random.Random) -> dict[str, Any]:
    """Return render options: small pictures, in both styles."""
    return {**OPTIONS, "visual_style": chance.choice(("basic", "animated", "animated"))}


def lesson(chance: random.Random) -> str:
    """Return a training text for a script of a few scenes."""
    subject = chance.choice(SUBJECTS)
    lines = [rule.format(s=subject, n=chance.randint(2, 19)) for rule in chance.sample(RULES, 4)]
    return f"# {subject} 교육\n\n" + " ".join(lines) + "\n"
