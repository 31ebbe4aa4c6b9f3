"""Latin words and acronyms that Koreans read in an agreed way; everything else is derived by rule."""

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
a/s=에이에스
tcp/ip=티씨피아이피 ssl/tls=에스에스엘_티엘에스 ci/cd=씨아이씨디 24/7=이십사_시간_내내 wi-fi=와이파이
e-mail=이메일
e-learning=이러닝 2fa=투에프에이 3d=쓰리디 2d=투디 4k=포케이 8k=에잇케이 5g=파이브지 4g=포지 3g=쓰리지
lte=엘티이
mp3=엠피쓰리 mp4=엠피포 a4=에이포 a3=에이쓰리 b2b=비투비 b2c=비투씨 p2p=피투피 k8s=쿠버네티스 i18n=국제화
h2o=에이치투오
co2=이산화탄소 u.s.=유에스 usb-c=유에스비_씨 type-c=타입_씨 office_365=오피스_삼육오 log4j=로그포제이
log4shell=로그포셸
ipv4=아이피_버전_사 ipv6=아이피_버전_육 sha-256=샤_이오육 sha256=샤_이오육 aes-256=에이이에스_이오육
md5=엠디파이브
x-ray=엑스레이 s3=에스쓰리 ec2=이씨투 web_2.0=웹_이점영 on-premise=온프레미스 plug-in=플러그인 log-in=로그인
""")
"""Words with digits or signs in them, matched before anything else is read."""

ACRONYM_WORDS = _pairs("""
nasa=나사 nato=나토 unesco=유네스코 unicef=유니세프 opec=오펙 covid=코비드 laser=레이저 radar=레이더 pin=핀
ram=램 rom=롬
gif=지아이에프 jpeg=제이펙 jpg=제이피지 png=피엔지 sim=심 usim=유심 esim=이심 lan=랜 wan=왠 vlan=브이랜
wlan=무선_랜
nas=나스 san=산 captcha=캡차 owasp=오와스프 siem=심 soar=소어 saas=사스 paas=파스 iaas=이아스 ansi=안시
ascii=아스키
json=제이슨 yaml=야믈 ajax=에이잭스 crud=크러드 rest=레스트 soap=소프 sap=에스에이피 iso=아이에스오
ieee=아이트리플이
kisa=키사 isms=아이에스엠에스 isms-p=아이에스엠에스_피 gdpr=지디피알 msds=엠에스디에스 ppe=피피이 loto=로토
aed=에이이디
cpr=씨피알 cctv=씨씨티브이 kpi=케이피아이 okr=오케이알 swot=스와트 faq=에프에이큐 asap=가능한_한_빨리
ai=에이아이
it=아이티 hr=에이치알 pc=피씨 tv=티브이 vip=브이아이피 ceo=씨이오 cto=씨티오 ciso=씨아이에스오 cpo=씨피오
gps=지피에스
sms=에스엠에스 arp=에이알피 dns=디엔에스 dhcp=디에이치씨피 http=에이치티티피 https=에이치티티피에스
html=에이치티엠엘
css=씨에스에스 sql=에스큐엘 nosql=노에스큐엘 url=유알엘 uri=유알아이 api=에이피아이 sdk=에스디케이
ide=아이디이 os=오에스
ios=아이오에스 macos=맥오에스 id=아이디 otp=오티피 mfa=엠에프에이 sso=에스에스오 vpn=브이피엔 usb=유에스비
ssd=에스에스디
hdd=에이치디디 cpu=씨피유 gpu=지피유 led=엘이디 lcd=엘씨디 qr=큐알 ssh=에스에스에이치 ftp=에프티피
pdf=피디에프 ppt=피피티
doc=독 docx=독스 xlsx=엑셀 exe=이엑스이 zip=집 apk=에이피케이 hwp=한글 dm=디엠 mou=엠오유 rfp=알에프피
sop=에스오피
esg=이에스지 tbm=티비엠 haccp=해썹 ok=오케이 vs=대 ddos=디도스 dos=도스 apt=에이피티 ransomware=랜섬웨어
gmo=지엠오 dna=디엔에이
kb=케이비 lg=엘지 sk=에스케이 kt=케이티 ibm=아이비엠 aws=에이더블유에스 gcp=지씨피 llm=엘엘엠 gpt=지피티
chatgpt=챗지피티
ar=에이알 vr=브이알 rpa=알피에이 erp=이알피 crm=씨알엠 srt=에스알티 ktx=케이티엑스 aids=에이즈
hiv=에이치아이브이
r=알 no=넘버 ph=피에이치 ui=유아이 ux=유엑스 pm=피엠 am=에이엠 tip=팁 tips=팁스 sns=에스엔에스 psm=피에스엠
dr=닥터 mr=미스터 ms=미즈
mrs=미시즈 etc=기타_등등 oz=온스 lb=파운드 eu=이유 uk=영국 usa=유에스에이 un=유엔 who=더블유에이치오
fbi=에프비아이 cia=씨아이에이
""")
"""Acronyms, read as a word or letter by letter."""

LOANWORDS = _pairs("""
email=이메일 mail=메일 gmail=지메일 wifi=와이파이 bluetooth=블루투스 internet=인터넷 web=웹 website=웹사이트
site=사이트 page=페이지
link=링크 click=클릭 login=로그인 logout=로그아웃 password=패스워드 passkey=패스키 security=시큐리티
phishing=피싱 smishing=스미싱
vishing=비싱 spam=스팸 malware=멀웨어 virus=바이러스 vaccine=백신 hacker=해커 hacking=해킹 firewall=파이어월
backup=백업
update=업데이트 upgrade=업그레이드 patch=패치 download=다운로드 upload=업로드 install=인스톨 file=파일
folder=폴더 data=데이터
database=데이터베이스 server=서버 client=클라이언트 cloud=클라우드 network=네트워크 router=라우터
switch=스위치 port=포트
system=시스템 program=프로그램 software=소프트웨어 hardware=하드웨어 computer=컴퓨터 notebook=노트북
laptop=랩톱 desktop=데스크톱
tablet=태블릿 smartphone=스마트폰 phone=폰 iphone=아이폰 ipad=아이패드 android=안드로이드 windows=윈도우
window=윈도우 linux=리눅스
mac=맥 app=앱 apps=앱 application=애플리케이션 store=스토어 google=구글 chrome=크롬 safari=사파리 edge=엣지
firefox=파이어폭스
microsoft=마이크로소프트 office=오피스 word=워드 excel=엑셀 powerpoint=파워포인트 outlook=아웃룩 teams=팀즈
zoom=줌 slack=슬랙
notion=노션 jira=지라 confluence=컨플루언스 github=깃허브 gitlab=깃랩 git=깃 docker=도커
kubernetes=쿠버네티스 kafka=카프카
python=파이썬 java=자바 javascript=자바스크립트 typescript=타입스크립트 react=리액트 node=노드 spring=스프링
redis=레디스
mysql=마이에스큐엘 postgresql=포스트그레스큐엘 mongodb=몽고디비 amazon=아마존 azure=애저 naver=네이버
kakao=카카오 kakaotalk=카카오톡
youtube=유튜브 facebook=페이스북 instagram=인스타그램 twitter=트위터 linkedin=링크드인 samsung=삼성
apple=애플 tesla=테슬라
openai=오픈에이아이 copilot=코파일럿 gemini=제미나이 claude=클로드 siri=시리 alexa=알렉사 meta=메타
netflix=넷플릭스
example=이그잼플 company=컴퍼니 support=서포트 admin=어드민 info=인포 help=헬프 contact=콘택트
manager=매니저 leader=리더
team=팀 project=프로젝트 meeting=미팅 workshop=워크숍 training=트레이닝 education=에듀케이션 learning=러닝
machine=머신 deep=딥
model=모델 agent=에이전트 bot=봇 chatbot=챗봇 code=코드 test=테스트 version=버전 beta=베타 alpha=알파
release=릴리스 service=서비스
platform=플랫폼 solution=솔루션 process=프로세스 manual=매뉴얼 guide=가이드 checklist=체크리스트 check=체크
list=리스트 report=리포트
dashboard=대시보드 calendar=캘린더 message=메시지 messenger=메신저 chat=채팅 feedback=피드백 comment=코멘트
issue=이슈 ticket=티켓
risk=리스크 safety=세이프티 first=퍼스트 zero=제로 trust=트러스트 access=액세스 control=컨트롤 policy=폴리시
rule=룰 token=토큰
session=세션 cookie=쿠키 cache=캐시 key=키 private=프라이빗 public=퍼블릭 home=홈 start=스타트 stop=스톱
pause=포즈 play=플레이
menu=메뉴 button=버튼 enter=엔터 shift=시프트 ctrl=컨트롤 alt=알트 esc=이에스씨 tab=탭 caps=캡스 lock=락
print=프린트 screen=스크린
monitor=모니터 keyboard=키보드 mouse=마우스 printer=프린터 scanner=스캐너 camera=카메라 video=비디오
audio=오디오 image=이미지
card=카드 box=박스 bus=버스 taxi=택시 center=센터 hotel=호텔 coffee=커피 energy=에너지 gas=가스 type=타입
size=사이즈 color=컬러
black=블랙 white=화이트 red=레드 blue=블루 green=그린 yellow=옐로 plan=플랜 do=두 see=시 act=액트 step=스텝
level=레벨 part=파트
chapter=챕터 lesson=레슨 quiz=퀴즈 point=포인트 vol=볼륨 no=노 yes=예스 and=앤드 or=오어 the=더 of=오브
on=온 off=오프 in=인 out=아웃
up=업 down=다운 new=뉴 to=투 for=포 by=바이 my=마이 your=유어 it's=잇츠 plus=플러스 pro=프로 max=맥스
mini=미니 air=에어 ultra=울트라
smart=스마트 super=슈퍼 best=베스트 top=톱 one=원 two=투 three=쓰리 four=포 five=파이브 six=식스 seven=세븐
eight=에잇 nine=나인 ten=텐
ransom=랜섬 worm=웜 trojan=트로이_목마 root=루트 user=유저 name=네임 local=로컬 localhost=로컬호스트
remote=리모트 reset=리셋 setup=셋업
onedrive=원드라이브 dropbox=드롭박스 drive=드라이브 sharepoint=셰어포인트 webex=웹엑스 figma=피그마
photoshop=포토샵 acrobat=아크로뱃
lectern=렉턴 kubectl=큐브컨트롤 nginx=엔진엑스 apache=아파치 terraform=테라폼 grafana=그라파나
prometheus=프로메테우스 devops=데브옵스
onboarding=온보딩 compliance=컴플라이언스 deepfake=딥페이크 blockchain=블록체인 bitcoin=비트코인
metaverse=메타버스 fintech=핀테크
startup=스타트업 offline=오프라인 online=온라인 live=라이브 event=이벤트 coupon=쿠폰 point=포인트
bonus=보너스 sale=세일 free=프리 vpc=브이피씨
""")
"""Words in small or mixed letters."""

DOMAIN_PARTS = {
    "com": "컴", "net": "넷", "org": "오알지", "edu": "이디유", "gov": "거브", "kr": "케이알", "co": "씨오",
    "go": "지오", "or": "오알", "ac": "에이씨", "re": "알이", "io": "아이오", "ai": "에이아이", "dev": "데브",
    "app": "앱", "www": "더블유더블유더블유", "jp": "제이피", "us": "유에스", "me": "미", "info": "인포",
}  # fmt: skip
