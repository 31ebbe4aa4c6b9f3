"""Tags that a text is about are words of it; tags that lay it out go."""

import pytest

from services.scripting.reading.named_tags import named_tags

NAMED = """
줄을 바꿀 때는 <br>을 씁니다. → 줄을 바꿀 때는 br 태그를 씁니다.
글자를 굵게 하려면 `<b>`와 `</b>`로 감쌉니다. → 글자를 굵게 하려면 b 태그와 닫는 b 태그로 감쌉니다.
글자를 <b>와 </b>로 감쌉니다. → 글자를 b 태그와 닫는 b 태그로 감쌉니다.
<b> 태그는 굵게, <strong> 요소는 강하게 → b 태그는 굵게, strong 요소는 강하게
- <img>에 alt를 빠뜨리지 않습니다. → - img 태그에 alt를 빠뜨리지 않습니다.
- <br>: 줄바꿈 → - br 태그: 줄바꿈
| <b> | 굵게 | → | b 태그 | 굵게 |
링크는 `<a href="https://x.kr">`로 만듭니다. → 링크는 a 태그로 만듭니다.
`<b>굵게</b>`라고 씁니다. → b 태그 굵게 닫는 b 태그라고 씁니다.
줄은 &lt;br&gt;을 씁니다. → 줄은 br 태그를 씁니다.
<b>, <i>는 쓰지 않습니다. → b 태그, i 태그는 쓰지 않습니다.
본문은 <p>...</p> 사이에 씁니다. → 본문은 p 태그...닫는 p 태그 사이에 씁니다.
Never use <script> or <form> in a mail. → Never use the script tag or the form tag in a mail.
Close every <td> before you go on. → Close every td tag before you go on.
The `<img>` tag needs a text. → The img tag needs a text.
Replace <your-name> and run `git clone <url>`. → Replace your-name and run git clone url.
""".strip().splitlines()

LAYS_OUT = """
알림은 <b>매일 오전 9시</b>에 갑니다. <b>이 문서</b>는 중요합니다.
첫 줄<br>둘째 줄<br/>셋째
Click the <b>red</b> button, then the <i>blue</i> one.
<p>문단 하나
<details><summary>더 보기</summary>
설정은 <kbd>Ctrl</kbd>+<kbd>K</kbd>로 엽니다.
10 < 20 이고 a<b 입니다.
<table><tr><td>이름</td><td></td></tr></table>
""".strip().splitlines()


@pytest.mark.parametrize("line", NAMED)
def test_what_a_text_speaks_of_is_told(line: str) -> None:
    text, told = line.split(" → ")
    assert named_tags(text) == told


@pytest.mark.parametrize(
    "text", [*LAYS_OUT, "<div>\n\n문단\n\n</div>", "```html\n<b>을\n```", "~~~\n<br>을 쓴다\n~~~"]
)
def test_what_lays_a_text_out_stays(text: str) -> None:
    assert named_tags(text) == text


def test_many_tags_take_little_work() -> None:
    assert named_tags("<b>을 " * 4000).count("b 태그를") == 4000
