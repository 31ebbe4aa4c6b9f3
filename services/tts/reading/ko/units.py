"""Unit symbols of Korean text, as they are read: alone, per something, and with a currency."""


def _words(text: str) -> list[str]:
    return text.split()


UNITS = {
    "%p": "퍼센트포인트", "%RH": "퍼센트", "%P": "퍼센트포인트", "%": "퍼센트", "‰": "퍼밀", "°C": "도",
    "°F": "도", "°": "도",
    "′": "분", "′′": "초",
    # length, area, volume
    "nm": "나노미터", "μm": "마이크로미터", "um": "마이크로미터", "mm": "밀리미터", "cm": "센티미터",
    "m": "미터", "km": "킬로미터", "in": "인치", "inch": "인치", "ft": "피트", "mi": "마일", "yd": "야드",
    "mm^2": "제곱밀리미터", "cm^2": "제곱센티미터", "m^2": "제곱미터", "km^2": "제곱킬로미터",
    "mm^3": "세제곱밀리미터", "cm^3": "세제곱센티미터", "m^3": "세제곱미터", "km^3": "세제곱킬로미터",
    "sqm": "제곱미터", "ha": "헥타르", "a": "아르",
    "ml": "밀리리터", "mL": "밀리리터", "μL": "마이크로리터", "μl": "마이크로리터", "dl": "데시리터",
    "dL": "데시리터", "L": "리터", "l": "리터", "kL": "킬로리터", "kl": "킬로리터", "cc": "씨씨",
    "gal": "갤런", "oz": "온스",
    # mass
    "ng": "나노그램", "μg": "마이크로그램", "mcg": "마이크로그램", "mg": "밀리그램", "g": "그램",
    "kg": "킬로그램", "t": "톤", "kt": "킬로톤", "lb": "파운드", "lbs": "파운드",
    # data
    "B": "바이트", "KB": "킬로바이트", "kB": "킬로바이트", "MB": "메가바이트", "GB": "기가바이트",
    "TB": "테라바이트", "PB": "페타바이트", "KiB": "키비바이트", "MiB": "메비바이트", "GiB": "기비바이트",
    "bit": "비트", "bits": "비트", "Mb": "메가비트", "Gb": "기가비트", "bps": "비피에스",
    "kbps": "킬로비피에스", "Kbps": "킬로비피에스", "Mbps": "메가비피에스", "Gbps": "기가비피에스",
    # electricity, waves, sound, light
    "Hz": "헤르츠", "kHz": "킬로헤르츠", "KHz": "킬로헤르츠", "MHz": "메가헤르츠", "GHz": "기가헤르츠",
    "V": "볼트", "VAC": "볼트", "VDC": "볼트", "kV": "킬로볼트", "mV": "밀리볼트", "A": "암페어",
    "mA": "밀리암페어", "kA": "킬로암페어",
    "μA": "마이크로암페어", "Ah": "암페어시", "mAh": "밀리암페어시", "W": "와트", "mW": "밀리와트",
    "kW": "킬로와트", "KW": "킬로와트", "MW": "메가와트", "GW": "기가와트", "Wh": "와트시",
    "kWh": "킬로와트시", "KWh": "킬로와트시", "MWh": "메가와트시", "GWh": "기가와트시",
    "VA": "볼트암페어", "kVA": "킬로볼트암페어", "Ω": "옴", "kΩ": "킬로옴", "MΩ": "메가옴",
    "μF": "마이크로패럿", "dB": "데시벨", "dBA": "데시벨", "dB(A)": "데시벨", "lx": "럭스", "lux": "럭스",
    "lm": "루멘", "cd": "칸델라",
    # force, pressure, energy, heat
    "N": "뉴턴", "kN": "킬로뉴턴", "kgf": "킬로그램힘", "tf": "톤힘", "Pa": "파스칼", "hPa": "헥토파스칼",
    "kPa": "킬로파스칼", "MPa": "메가파스칼", "GPa": "기가파스칼", "bar": "바", "mbar": "밀리바",
    "atm": "기압", "psi": "피에스아이", "mmHg": "밀리미터 수은주", "J": "줄", "kJ": "킬로줄", "MJ": "메가줄",
    "cal": "칼로리", "kcal": "킬로칼로리", "PS": "마력", "hp": "마력", "HP": "마력",
    # shares, turns, screens
    "ppm": "피피엠", "ppb": "피피비", "rpm": "알피엠", "RPM": "알피엠", "bpm": "비피엠", "px": "픽셀",
    "dpi": "디피아이", "fps": "프레임", "pt": "포인트",
    # time
    "ns": "나노초", "μs": "마이크로초", "ms": "밀리초", "s": "초", "s^2": "초 제곱", "sec": "초",
    "secs": "초", "min": "분",
    "mins": "분", "h": "시간", "hr": "시간", "hrs": "시간",
    "days": "일", "weeks": "주", "months": "개월", "years": "년", "hours": "시간", "minutes": "분",
    "seconds": "초",
    # radiation, chemistry, medicine
    "μSv": "마이크로시버트", "mSv": "밀리시버트", "Sv": "시버트", "Bq": "베크렐", "kBq": "킬로베크렐",
    "Gy": "그레이", "mol": "몰", "mmol": "밀리몰", "μmol": "마이크로몰", "mEq": "밀리당량",
    "CFU": "씨에프유", "pH": "피에이치", "IU": "아이유",
    # counters in Latin letters
    "U": "유", "EA": "개", "ea": "개",
}  # fmt: skip
"""Unit symbols, case-sensitive, as read after a number. Exponents are written ``^2``. One that is read as a
native counter (시간, 개) takes that counter's numerals."""

COUNTED = frozenset({"시간", "개"})
"""Readings of symbols that are counted in native numerals; joules (줄) are not."""

NEEDS_AN_END = frozenset("ABNJUWahs")
"""Symbols that are letters of their own (3 A동, 2 B형): apart from the number they are a unit only where
nothing follows but a particle, a sign or 이상."""

STANDALONE = frozenset(
    _words(
        """
        mm cm km m^2 m^3 cm^2 cm^3 mm^2 km^2 mg kg μg μm ml mL kL kW kWh kV mA GB MB TB KB Hz kHz MHz GHz dB
        kPa MPa kcal ppm lx mSv kgf °C °F
        """
    )
)
"""Symbols that are read as units without a number too (kg당, 단위: mg/L)."""

RATES = {"h": "시속", "hr": "시속", "s": "초속", "sec": "초속", "min": "분속"}
"""What stands before a speed: 60 km/h is 시속 육십 킬로미터."""

LENGTHS = frozenset({"m", "km", "cm", "mm", "mi", "ft"})

PER = {
    "h": "시간당", "hr": "시간당", "s": "초당", "sec": "초당", "min": "분당", "m^2": "제곱미터당",
    "m^3": "세제곱미터당", "L": "리터당", "l": "리터당", "kg": "킬로그램당", "day": "하루", "일": "하루",
    "월": "한 달에", "년": "일 년에", "주": "일주일에", "km": "킬로미터당", "인": "일인당", "명": "한 명당",
    "회": "회당", "분": "분당", "초": "초당", "시간": "시간당", "건": "건당", "개": "개당", "평": "평당",
    "대": "대당", "박": "박당", "장": "장당", "층": "층당", "병": "병당", "kWh": "킬로와트시당",
}  # fmt: skip
"""What stands before a quantity per something: 30 mg/m³ is 세제곱미터당 삼십 밀리그램. Symbols that
are not here are read with 당."""

CURRENCIES = {
    "₩": "원", "$": "달러", "US$": "달러", "€": "유로", "£": "파운드", "¥": "엔", "元": "위안",
    "₿": "비트코인", "KRW": "원", "USD": "달러", "EUR": "유로", "JPY": "엔", "CNY": "위안", "GBP": "파운드",
}  # fmt: skip

SHORT_SCALES = {"K": 3, "k": 3, "M": 6, "B": 9}
"""Letters for thousands, millions and billions, with their noughts; B only where there is a currency."""
