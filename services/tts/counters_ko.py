"""What stands after a number in Korean text: counters (which decide the numeral), units and currencies."""

import re


def _words(text: str) -> list[str]:
    return text.split()


NATIVE_COUNTERS: dict[str, int] = {
    **dict.fromkeys(
        _words("""
        명 사람 분의 개 가지 번 곳 군데 대 권 장 잔 병 마리 벌 켤레 송이 채 척 조각 자루 통 봉지 상자 칸 끼
        컵 알 그루 쌍 줄 팀 건 글자 문장 단어 자리 종류 항목 영역 바퀴 걸음 모금 숟가락 스푼 차례 포기 다발
        묶음 편 손 발 배 달 갈래 마디 꼭지 군데 종 박스 세트 시간 주먹 방울 덩어리 판 켠 해 살배기 돌 문제
        문항 그룹 부류
        """),
        39,
    ),
    "살": 99,
    "대": 19,
    "시간": 19,
    "시": 12,
    "배": 20,
    "번째": 99,
    "문제": 10,
    "문항": 10,
    "종": 10,
    "팀": 10,
}  # fmt: skip
"""Counter to the largest number read in native Korean before it; larger ones are Sino-Korean."""

SINO_COUNTERS = frozenset(
    _words("""
    년 년도 월 일 분 초 주 주일 개월 학년 학기 세기 세 세대 인 인분 인용 원 원짜리 달러 유로 엔 위안 층 호
    호선 호실 회 회차 차 차례 위 등 등급 급 단계 조 항 호 과 쪽 페이지 면 점 도 도씨 점짜리 평 리 박 국 막
    절 관 동 길 번지 기 기가 메가 킬로 퍼센트 프로 미터 센티미터 밀리미터 킬로미터 그램 킬로그램 톤 리터
    와트 볼트 시간대 분기 분간 초간 일간 주간 년간 개년 주년 주차 일차 년차 개국 개사 개소 대조 자 열 행 부
    판 버전 비트 바이트 픽셀 인치 포인트 배속 할 푼 만 억 천 백 십
    """)
)
"""Counters after which every number is Sino-Korean; listed so that text and numeral get a space between."""

SINO_BEFORE = (
    ("번",
     re.compile(r"\s*(?:출구|게이트|버튼|창구|홈|트랙|문항|문제|항목|선|국도|버스|키|포트|채널|줄|방|좌석|타자|서버|라인"
                r"|구역|단자)")),
    ("대",
     re.compile(r"\s*(?:원칙|요소|요건|핵심|과제|수칙|기본|위험|지표|목표|의무|중점|권리|사고|재해"
                r"|법규|전략|유형|보안|안전)")),
    ("장", re.compile(r"\s*(?:에서는|에서)")),
)  # fmt: skip
"""Counters that number things instead of counting them where one of these follows (1번 출구, 3대 원칙)."""

UNITS = {
    "%p": "퍼센트포인트", "%": "퍼센트", "‰": "퍼밀", "°C": "도", "°F": "도", "°": "도",
    "mm": "밀리미터", "cm": "센티미터", "km": "킬로미터", "m": "미터", "nm": "나노미터", "μm": "마이크로미터",
    "um": "마이크로미터", "mm^2": "제곱밀리미터", "cm^2": "제곱센티미터", "m^2": "제곱미터",
    "km^2": "제곱킬로미터",
    "mm^3": "세제곱밀리미터", "cm^3": "세제곱센티미터", "m^3": "세제곱미터", "ha": "헥타르", "in": "인치",
    "inch": "인치",
    "ft": "피트", "mi": "마일", "mg": "밀리그램", "g": "그램", "kg": "킬로그램", "t": "톤",
    "μg": "마이크로그램", "lb": "파운드",
    "ml": "밀리리터", "mL": "밀리리터", "L": "리터", "l": "리터", "kL": "킬로리터", "cc": "씨씨",
    "dl": "데시리터", "dL": "데시리터",
    "B": "바이트", "KB": "킬로바이트", "kB": "킬로바이트", "MB": "메가바이트", "GB": "기가바이트",
    "TB": "테라바이트",
    "PB": "페타바이트", "KiB": "키비바이트", "MiB": "메비바이트", "GiB": "기비바이트", "bit": "비트",
    "bits": "비트",
    "bps": "비피에스", "kbps": "킬로비피에스", "Kbps": "킬로비피에스", "Mbps": "메가비피에스",
    "Gbps": "기가비피에스",
    "Hz": "헤르츠", "kHz": "킬로헤르츠", "MHz": "메가헤르츠", "GHz": "기가헤르츠", "V": "볼트",
    "kV": "킬로볼트", "mV": "밀리볼트",
    "A": "암페어", "mA": "밀리암페어", "Ah": "암페어시", "mAh": "밀리암페어시", "W": "와트",
    "kW": "킬로와트", "MW": "메가와트",
    "GW": "기가와트", "Wh": "와트시", "kWh": "킬로와트시", "MWh": "메가와트시", "Ω": "옴", "dB": "데시벨",
    "dBA": "데시벨", "lx": "럭스",
    "lm": "루멘", "Pa": "파스칼", "hPa": "헥토파스칼", "kPa": "킬로파스칼", "MPa": "메가파스칼",
    "bar": "바", "psi": "피에스아이",
    "N": "뉴턴", "J": "줄", "kJ": "킬로줄", "cal": "칼로리", "kcal": "킬로칼로리", "ppm": "피피엠",
    "ppb": "피피비", "rpm": "알피엠",
    "RPM": "알피엠", "px": "픽셀", "dpi": "디피아이", "fps": "프레임", "pt": "포인트", "ms": "밀리초",
    "μs": "마이크로초",
    "ns": "나노초", "s": "초", "sec": "초", "min": "분", "h": "시간", "hr": "시간", "hrs": "시간",
    "mSv": "밀리시버트", "Sv": "시버트",
    "Bq": "베크렐", "mol": "몰", "pH": "피에이치", "K": "천", "M": "백만", "U": "유", "kgf": "킬로그램힘",
    "PS": "마력", "hp": "마력",
}  # fmt: skip
"""Unit symbols, case-sensitive, as read after a number. Exponents are written ``^2``."""

RATES = {"h": "시속", "hr": "시속", "s": "초속", "sec": "초속", "min": "분속"}
"""What stands before a speed: 60 km/h is 시속 육십 킬로미터."""

PER = {
    "h": "시간당", "hr": "시간당", "s": "초당", "sec": "초당", "min": "분당", "m^2": "제곱미터당",
    "m^3": "세제곱미터당",
    "L": "리터당", "l": "리터당", "kg": "킬로그램당", "day": "하루", "일": "하루", "월": "한 달에",
    "년": "일 년에", "km": "킬로미터당",
    "인": "일인당", "명": "한 명당", "회": "회당", "분": "분당", "초": "초당", "시간": "시간당",
    "건": "건당", "개": "개당",
}  # fmt: skip
"""What stands before a quantity per something: 30 mg/m³ is 세제곱미터당 삼십 밀리그램."""

LENGTHS = frozenset({"m", "km", "cm", "mm", "mi"})

CURRENCIES = {
    "₩": "원", "$": "달러", "€": "유로", "£": "파운드", "¥": "엔", "元": "위안", "₿": "비트코인",
    "KRW": "원", "USD": "달러",
    "EUR": "유로", "JPY": "엔", "CNY": "위안", "GBP": "파운드",
}  # fmt: skip

SERVICE_NUMBERS = frozenset(
    _words("""
    110 111 112 113 114 117 118 119 122 125 128 131 132 182 188 1301 1330 1332 1333 1335 1339 1345 1350 1357
    1366 1372 1377 1379 1382 1388 1390 1391 1393 1397 1398
    """)
)
"""Korean special-service telephone numbers (국번 없이 119): read digit by digit when nothing is counted."""
