# ruff: noqa: E501 - a plan reads best on few lines
"""Plans that show every layout; shared by the drawing tests and the contact sheet."""

from contracts.events import SceneContext
from contracts.renderspec import SpecScene
from services.slides.plan import Column, Emphasis, Plan, TimedPoint


def context(
    *, chapter: str | None = "피싱 메일 알아보기", language: str = "ko", number: int = 1, index: int = 2,
    title: str | None = "정보보안 교육", scenes: int = 7,
) -> SceneContext:  # fmt: skip
    return SceneContext(
        index=index, count=12, language=language, title=title, chapter=chapter, chapter_number=number,
        chapter_count=3, index_in_chapter=min(index, scenes - 1), scenes_in_chapter=scenes,
        scene=SpecScene(scene_id=1, narration="말"),
    )  # fmt: skip


def points(*texts: str, icons: tuple[str | None, ...] = ()) -> dict[str, tuple[str | None, ...]]:
    return {"points": texts, "point_icons": icons or (None,) * len(texts)}


KOREAN: tuple[Plan, ...] = (
    Plan(layout="chapter", headline="피싱 메일 알아보기", sub="눌러 보기 전에 확인하는 세 가지 습관", icons=("hook",)),
    Plan(layout="term", headline="피싱", alias="Phishing", hero="window", icons=("hook", "incognito"),
         definition="믿을 만한 사람이나 기관을 사칭하여 비밀번호와 개인정보를 빼내는 공격",
         emphasis=(Emphasis(text="비밀번호"),)),
    Plan(layout="number", headline="보안 사고의 91%는 메일에서 시작됩니다", sub="공격자는 시스템보다 사람을 먼저 노립니다",
         number="91", unit="%", fraction=0.91, icons=("email",)),
    Plan(layout="bullets", headline="메일을 열기 전에 세 가지를 확인하세요", emphasis=(Emphasis(text="세 가지"),),
         **points("보낸 사람 주소", "링크의 실제 주소", "예상하지 못한 첨부 파일", icons=("at", "link_variant", "paperclip"))),
    Plan(layout="statement", headline="의심스러우면 누르지 말고 먼저 물어보세요", hero="window",
         sub="조금이라도 이상하면 링크를 누르지 말고 보낸 사람에게 전화로 확인합니다",
         icons=("cursor_default_click", "link_variant"),
         emphasis=(Emphasis(text="누르지 말고", kind="danger"), Emphasis(text="먼저"))),
    Plan(layout="flow", headline="이미 링크를 눌렀다면 네 단계로 대응합니다", emphasis=(Emphasis(text="네 단계"),),
         **points("의심 메일 신고", "네트워크 분리", "비밀번호 변경", "보안팀 확인",
                  icons=("email", "lan", "form_textbox_password", "shield_account"))),
    Plan(layout="quote", headline="대표님이 급하다며 기프트 카드를 사 달라고 메일을 보내셨어요.", speaker="어떻게 도와주시겠습니까?",
         emphasis=(Emphasis(text="카드"),)),
    Plan(layout="summary", headline="꼭 기억하세요",
         **points("보낸 사람의 주소를 끝까지 읽기", "링크는 눌러 보기 전에 확인하기",
                  "비밀번호는 누구에게도 알려 주지 않기", "의심되면 보안팀에 바로 신고하기")),
    Plan(layout="steps", headline="불이 나면 이렇게 대피합니다", emphasis=(Emphasis(text="대피"),),
         **points("“불이야!” 하고 큰 소리로 알리고 비상벨을 누르기", "119에 신고하고 위치를 정확히 말하기",
                  "젖은 수건으로 코와 입을 막고 낮은 자세로 이동하기", "집결지에서 인원을 확인하기",
                  icons=("alarm_bell", "fire_truck", "face_mask", "map_marker_account"))),
    Plan(layout="warning", headline="엘리베이터는 절대 타지 않습니다", hero="prohibit", icons=("elevator_passenger_outline",),
         sub="전원이 끊기면 그 안에 갇히고, 승강로는 연기가 올라오는 굴뚝이 됩니다", emphasis=(Emphasis(text="절대", kind="danger"),)),
    Plan(layout="timeline", headline="골든타임", events=(
        TimedPoint(time="즉시", text="비상벨을 누르고 주변에 알리기"), TimedPoint(time="1분 이내", text="초기 소화를 시도하기"),
        TimedPoint(time="5분 이내", text="건물 밖으로 모두 대피하기"), TimedPoint(time="10분 후", text="집결지에서 인원을 다시 확인하기"))),
    Plan(layout="comparison", headline="지게차 안전 수칙", do_dont=True, emphasis=(Emphasis(text="지게차"),), columns=(
        Column(title="이렇게 합니다", points=("운전자는 안전벨트를 매고 출발하기", "교차로에서는 경적을 울리고 멈추기")),
        Column(title="하지 않습니다", points=("포크 위에 사람을 태우지 않기", "화물이 시야를 가린 채로 전진하지 않기")))),
    Plan(layout="comparison", headline="파기와 보관은 다릅니다", columns=(
        Column(title="파기", icon="delete_forever", points=("보유 기간이 끝난 정보를 복구할 수 없게 없애기",)),
        Column(title="보관", icon="archive_lock", points=("법에 따라 남겨야 하는 정보를 따로 떼어 두기", "접근 권한을 최소로")))),
    Plan(layout="statement", headline="비상구 앞에 물건을 쌓아 두면 대피할 수 없습니다", hero="safe", icons=("exit_run",),
         sub="비상구와 방화문 앞은 언제나 비워 둡니다", emphasis=(Emphasis(text="비상구"),)),
    Plan(layout="number", headline="10명 중 7명은 자기 층의 비상구 위치를 정확히 알지 못합니다", number="7", people=(7, 10),
         icons=("exit_run",), emphasis=(Emphasis(text="7명"),)),
    Plan(layout="number", headline="구내 제한 속도", sub="작업장 안에서 지게차는 시속 10킬로미터를 넘지 않습니다", number="10", unit="km/h",
         icons=("speedometer",)),
    Plan(layout="bullets", headline="작업 전 점검", emphasis=(Emphasis(text="점검"),),
         **points("안전벨트", "경적", "포크", "타이어", icons=("seatbelt", "bugle", "forklift", "tire"))),
    Plan(layout="warning", headline="포크 아래로 지나가는 것은 금지입니다", hero="prohibit", icons=("forklift",),
         sub="화물이 떨어지면 피할 시간이 없습니다", emphasis=(Emphasis(text="금지", kind="danger"),),
         **points("포크를 올린 채 자리를 비우지 않기")),
    Plan(layout="statement", headline="안전모와 안전화를 반드시 착용합니다", hero="mandatory", icons=("hard_hat",),
         sub="지게차가 다니는 구역에서는 보행자도 보호구를 착용합니다", emphasis=(Emphasis(text="반드시"),)),
    Plan(layout="term", headline="개인정보", hero="sheet", icons=("account_box", "card_account_details"),
         definition="살아 있는 개인에 관한 정보로서 이름, 주민등록번호, 영상 등을 통하여 개인을 알아볼 수 있는 정보"),
    Plan(layout="question", headline="동료가 점심 자리에 오지 않기 시작했다면 어떻게 하시겠습니까?", icons=("account_group",),
         emphasis=(Emphasis(text="점심 자리"),)),
    Plan(layout="warning", headline="감전 위험: 젖은 손으로 콘센트를 만지지 않습니다", hero="warn", icons=("flash",),
         **points("물기를 닦기", "장갑을 끼기", "차단기를 먼저 내리기"), mark="check"),
    Plan(layout="text", headline="이 화면에는 이백 자에 가까운 아주 긴 문장이 한꺼번에 들어옵니다. 작성자가 내레이션 전체를 화면 글로 그대로 붙여 "
         "넣었기 때문인데, 이런 일은 실제로 자주 일어나므로 글자를 무작정 줄이지 않고 정해진 크기까지만 줄입니다."),
    Plan(layout="bullets", headline="동의를 받을 때에는 네 가지를 반드시 알려야 합니다",
         **points("개인정보를 수집하고 이용하는 목적을 분명하게 알리기", "수집하는 항목", "보유하고 이용하는 기간과 파기 방법",
                  "동의를 거부할 권리가 있다는 사실과 불이익의 내용")),
)  # fmt: skip

ENGLISH: tuple[Plan, ...] = (
    Plan(layout="chapter", headline="Respect at Work", sub="Speaking up early keeps everyone safe", icons=("hand_heart",)),
    Plan(layout="term", headline="Harassment", hero="medallion", icons=("account_alert", "scale_unbalanced", "message"),
         definition="any unwanted conduct that makes a person feel offended, humiliated or intimidated"),
    Plan(layout="steps", headline="Speak up early", **points(
        "Write down what happened and when", "Tell someone you trust or your manager",
        "Report it through the help line if it continues", icons=(None, "account_tie", "bullhorn"))),
    Plan(layout="number", headline="1 in 5 employees has seen it happen", sub="Most of them did not report it",
         number="1", people=(1, 5), label="1 out of 5", icons=("account_alert",)),
    Plan(layout="question", headline="What would you do if a colleague stopped joining lunch?", icons=("account_group",)),
    Plan(layout="statement", headline="Lock your screen whenever you leave your desk", hero="phone",
         icons=("monitor_lock", "cellphone", "desk"), emphasis=(Emphasis(text="Lock your screen"),),
         sub="Windows key and L: one second keeps your account yours"),
    Plan(layout="warning", headline="Never prop open a fire door", hero="fire", icons=("fire_extinguisher",),
         emphasis=(Emphasis(text="Never", kind="danger"),), **points("No wedges", "No boxes in front of it")),
    Plan(layout="timeline", headline="After an incident", events=(
        TimedPoint(time="At once", text="Stop the machine and call for help"),
        TimedPoint(time="Within 1 hour", text="Report to the supervisor"),
        TimedPoint(time="Day 1", text="Secure the scene, take photos"),
        TimedPoint(time="Day 3", text="Interview witnesses"),
        TimedPoint(time="Within 30 days", text="Send the report to the authority"))),
    Plan(layout="bullets", headline="Six habits", **points(
        "Lock screen", "Strong password", "Update often", "Back up data", "Report early", "Ask first",
        icons=("monitor_lock", "form_textbox_password", "update", "backup_restore", "bullhorn", "help_circle"))),
    Plan(layout="number", headline="One breach costs us this much on average", number="4,450,000", unit="dollars a case",
         icons=("cash",)),
    Plan(layout="statement", headline="Safety first"),
    Plan(layout="bullets", headline="Two rules", **points("Think before you click a link", "Ask if it looks strange")),
)  # fmt: skip
