"""Latin words and acronyms that Koreans read in an agreed way; everything else is derived by rule."""

from importlib.resources import files

LETTER_NAMES = {
    "a": "에이", "b": "비", "c": "씨", "d": "디", "e": "이", "f": "에프", "g": "지", "h": "에이치",
    "i": "아이",
    "j": "제이", "k": "케이", "l": "엘", "m": "엠", "n": "엔", "o": "오", "p": "피", "q": "큐", "r": "알",
    "s": "에스", "t": "티", "u": "유", "v": "브이", "w": "더블유", "x": "엑스", "y": "와이", "z": "제트",
}  # fmt: skip


def _pairs(text: str) -> dict[str, str]:
    words: dict[str, str] = {}
    for entry in text.split():
        spelled, _, read = entry.partition("=")
        words[spelled.replace("_", " ").lower()] = read.replace("_", " ")
    return words


SYMBOLIC = _pairs("""
r&d=알앤디 q&a=큐앤에이 m&a=엠앤에이 b&b=비앤비 c#=씨샵 c++=씨플러스플러스 .net=닷넷 f#=에프샵 i/o=아이오
a/s=에이에스 tcp/ip=티씨피아이피 ssl/tls=에스에스엘_티엘에스 ci/cd=씨아이씨디 24/7=이십사_시간_내내
wi-fi=와이파이 e-mail=이메일 e-learning=이러닝 2fa=투에프에이 3d=쓰리디 2d=투디 4k=포케이 8k=에잇케이
5g=파이브지 4g=포지 3g=쓰리지 lte=엘티이 mp3=엠피쓰리 mp4=엠피포 a4=에이포 a3=에이쓰리 b2b=비투비
b2c=비투씨 p2p=피투피 k8s=쿠버네티스 i18n=국제화 h2o=에이치투오 co2=이산화탄소 u.s.=유에스
usb-c=유에스비_씨 type-c=타입_씨 office_365=오피스_삼육오 log4j=로그포제이 log4shell=로그포셸
ipv4=아이피_버전_사 ipv6=아이피_버전_육 sha-256=샤_이오육 sha256=샤_이오육 aes-256=에이이에스_이오육
md5=엠디파이브 x-ray=엑스레이 s3=에스쓰리 ec2=이씨투 web_2.0=웹_이점영 use_case=유스_케이스
use_cases=유스_케이스 vs_code=브이에스_코드 at&t=에이티앤티 o2=오투 u+=유플러스 check-in=체크인
check-out=체크아웃 e.g.=예를_들어 i.e.=즉 k-pop=케이팝 h.264=에이치이육사 i/f=인터페이스 n/a=해당_없음
ui/ux=유아이_유엑스 on-premise=온프레미스 plug-in=플러그인 log-in=로그인
""")
"""Words with digits or signs in them, matched before anything else is read."""


def _read(name: str) -> dict[str, str]:
    lines = files("services.tts").joinpath(f"data/{name}").read_text(encoding="utf-8").splitlines()
    return dict(line.split("\t") for line in lines)


ACRONYM_WORDS = _read("acronyms_ko.tsv")
"""Acronyms, read as a word or letter by letter; first for what is in capitals."""

LOANWORDS = _read("loanwords_ko.tsv")
"""Words in small or mixed letters, in the spelling of the National Institute of Korean Language where it has
one; first for what is not in capitals."""

DOMAIN_PARTS = {
    "com": "컴", "net": "넷", "org": "오알지", "edu": "이디유", "gov": "거브", "kr": "케이알", "co": "씨오",
    "go": "지오", "or": "오알", "ac": "에이씨", "re": "알이", "io": "아이오", "ai": "에이아이", "dev": "데브",
    "app": "앱", "www": "더블유더블유더블유", "jp": "제이피", "us": "유에스", "me": "미", "info": "인포",
}  # fmt: skip

PATH_PARTS = {
    "etc": "이티씨", "usr": "유저", "users": "유저스", "var": "바", "src": "소스", "bin": "빈",
    "sbin": "에스빈",
    "lib": "라이브", "tmp": "템프", "temp": "템프", "opt": "옵트", "passwd": "패스워드", "conf": "콘프",
    "pkg": "패키지",
    "mnt": "마운트", "proc": "프록", "sys": "시스", "img": "이미지", "docs": "독스", "hosts": "호스츠",
}  # fmt: skip
"""Names in paths that are words only there."""
