# ruff: noqa: E501 - hostile strings stay whole
"""Random plans, the same on every run: words of real lessons, hostile strings, any allowed length."""

import random

from services.slides.layouts import AVAILABLE
from services.slides.plan import MAX_COLUMN_POINTS, Column, Emphasis, Layout, Plan, TimedPoint

WORDS = (  # noqa: SIM905 - words read best as text
    "안전모 점검 작업 전에 반드시 확인하고 관리자에게 보고합니다 화재가 발생하면 비상구로 대피하기 개인정보를 수집할 때에는 동의 "
    "받기 링크를 누르기 전에 보낸 사람 주소 살펴보기 Lockout/Tagout 절차를 지키기 USB 메모리 연결하지 않기 "
    "위험성평가(Risk Assessment) 결과 공유 산업안전보건위원회 정기회의 개최 여부 manager report within 24 hours please"
).split()
NASTY = (
    "띄어쓰기가전혀없는아주긴한국어문장이화면에들어오면어떻게되는지확인하기위한시험문장입니다그래도읽을수있어야합니다",
    "https://login.micros0ft-secure.example.com/account/verify?session=8f3a9c1e&redirect=%2Fhome&utm_source=mail",
    "산업안전보건법(産業安全保健法) 제36조 「위험성평가」 — 危險要因을 찾아 ①제거 ②대체 ③통제 ✅🔥👷‍♀️",
    "!!! ??? *** ### @@@ → ← ↑ ↓", "—", "ㄱ", "가", "W", "🙂", "🇰🇷🇺🇸 👩‍👩‍👧‍👦 👍🏽",
    "مرحبا بالعالم 123 سلام สวัสดี नमस्ते שלום עולם 한국어",
    "Pneumonoultramicroscopicsilicovolcanoconiosis", "Ẓ̴̢̛͓a̶̡̛l̵̨͝g̷̢͠o̸̧͘ e\u0301\u0301\u0301\u0301\u0301\u0301",
    "제어\x00문자\x07와\u202e방향\u202c문자\u200b와 \U000e0041태그 \ue000사용자", "国際連合教育科学文化機関による世界遺産条約の登録基準について",
    "W" * 60, "가" * 90, "1" * 40, "a b c d e f g h i j k l m n o p q r s t u v w x y z",
)  # fmt: skip
ICONS = ("hard_hat", "fire", "lock", "email", "key", "phone", "no_such_icon")
HEROES = ("prohibit", "warn", "fire", "safe", "mandatory", "window", "phone", "sheet", "medallion", None)


class Maker:
    """Makes plans; ``scale`` 0-1 stretches the lengths up to the longest a plan allows."""

    def __init__(self, seed: int, *, nasty: bool) -> None:
        self.random = random.Random(seed)
        self.nasty = nasty

    def text(self, length: int, longest: int) -> str:
        if self.nasty and self.random.random() < 0.35:
            return self.random.choice(NASTY)[:longest]
        words = ""
        while len(words) < length:
            words += self.random.choice(WORDS) + " "
        return words.strip()[: min(length, longest)].strip() or "가"

    def plan(self, layout: Layout | None = None, lengths: tuple[int, ...] = (6, 14, 24, 40, 60)) -> Plan:
        roll = self.random
        layout = layout or roll.choice(sorted(AVAILABLE))
        count = roll.choice((1, 2, 3, 4, 5, 6))
        each = roll.choice((4, 10, 18, 30, 45))
        points = tuple(self.text(max(2, each + roll.randrange(-3, 8)), 120) for _ in range(count))
        headline = self.text(roll.choice(lengths), 480)
        return Plan(
            layout=layout,
            headline=headline,
            sub=roll.choice((None, self.text(30, 200), self.text(60, 200))),
            points=points,
            point_icons=tuple(roll.choice((None, *ICONS)) for _ in points),
            first_number=roll.choice((1, 1, 1, 7, 99)),
            events=tuple(
                TimedPoint(time=roll.choice(("1분 이내", "즉시", "72시간 이내", "2026년 11월", "09:00", self.text(20, 24))),
                           text=point[:90])
                for point in points
            ),
            columns=tuple(
                Column(title=self.text(roll.choice((4, 10, 30)), 40), icon=roll.choice((None, *ICONS)),
                       points=points[: roll.randrange(1, MAX_COLUMN_POINTS + 1)])
                for _ in range(2)
            ),
            do_dont=roll.random() < 0.5,
            number=roll.choice(("91", "3", "1,200", "72", "10", "1,234,567,890.12")),
            unit=roll.choice((None, "%", "만 원", "시간 이내", "km/h", "배", "millions of euro")),
            fraction=roll.choice((None, 0.0, 0.004, 0.5, 0.91, 1.0)),
            people=roll.choice((None, (0, 1), (3, 5), (7, 10), (13, 20), (0, 0))),
            label=roll.choice((None, "10명 중 3명", self.text(30, 40))),
            alias=roll.choice((None, "Phishing", self.text(30, 60))),
            definition=self.text(roll.choice((30, 70, 120)), 240),
            speaker=roll.choice((None, self.text(12, 90), self.text(70, 90))),
            icons=tuple(roll.sample(ICONS, roll.randrange(0, 4))),
            hero=roll.choice(HEROES),
            emphasis=(Emphasis(text=headline.split(" ")[0][:40] or "가", kind=roll.choice(("accent", "danger"))),),
            mark=roll.choice(("close", "check")),
        )  # fmt: skip
