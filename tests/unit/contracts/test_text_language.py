import json
import unicodedata

import pytest

from contracts.errors import ErrorCode, PermanentError
from contracts.text_language import language_of

KOREAN = (
    "비밀번호를 나누지 않습니다.",
    unicodedata.normalize("NFD", "비밀번호를 나누지 않습니다."),
    json.dumps({"narration": "비밀번호를 나누지 않습니다."}),
    "GitHub Actions의 workflow는 YAML로 작성합니다.",
    "AWS IAM Identity Center에서 MFA를 켭니다. Kubernetes RBAC을 확인합니다.",
    "코드를 실행합니다.\n\n```python\nprint('hello world, this is a long line that nobody says')\n```",
    "`docker run --rm -it --volume /var/run:/var/run registry.example.com/team/image:latest` 를 씁니다.",
    "자료는 https://www.example.com/a/very/long/address/that/nobody/says?with=parameters 에 있습니다.",
    "個人情報 保護法에 따라 處理한다. 同意 없이 提供하지 아니한다.",
    "다음 문장을 읽습니다. Привет мир. 뜻은 인사입니다.",
    "# 단축키\n\n복사는 Ctrl+C입니다.\n\n| Key | 뜻 |\n|---|---|\n| Home | 처음 |\n| Page Down | 아래 |",
    "&#48708;&#48128;&#48264;&#54840;&#47484; &#xB098;&#xB204;&#xC9C0; &#xC54A;&#xC2B5;&#xB2C8;&#xB2E4;.",
    "2026 - 10%",
)
ENGLISH = (
    "Never share your password. Use the VPN.",
    "Lock screen\nReport phishing",
    "The Korean word 보안 means security, and this text is English.",
    "Visit our café in Zürich and ask for Müller, who will show you the façade.",
    "La Casa de Papel is a show that we use as an example for the training of staff.",
    "# Setup\n\nRun the job.\n\n한국어 안내는 따로 있습니다.\n\nThen check the log of every node.",
)
OTHERS = {
    "Russian": "Не сообщайте пароль никому.",
    "Japanese": "パスワードを共有しないでください。",
    "Chinese": "不要告诉任何人密码。",
    "Arabic": "لا تشارك كلمة المرور.",
    "Thai": "อย่าบอกรหัสผ่าน",
    "Hindi": "पासवर्ड साझा न करें",
    "Greek": "Μην μοιράζεστε τον κωδικό.",
    "Hebrew": "אל תשתף את הסיסמה.",
    "German": "Geben Sie Ihr Passwort niemandem. Sperren Sie den Bildschirm, wenn Sie gehen.",
    "French": "Ne communiquez jamais votre mot de passe. Verrouillez votre écran.",
    "Spanish": "Nunca comparta su contraseña con nadie. Bloquee la pantalla.",
    "Portuguese": "Nunca partilhe a sua senha com ninguém.",
    "Italian": "Non condividere mai la password con nessuno.",
    "Dutch": "Deel uw wachtwoord nooit met iemand anders. Vergrendel het scherm.",
    "Vietnamese": "Không chia sẻ mật khẩu của bạn với bất kỳ ai.",
    "Indonesian": "Jangan bagikan kata sandi Anda kepada siapa pun. Kunci layar dan laporkan.",
    "other than English": "Nie udostępniaj nikomu swojego hasła. Zablokuj ekran.",
}


@pytest.mark.parametrize("text", KOREAN)
def test_korean_is_told_by_what_is_said(text: str) -> None:
    assert language_of(text) == "ko"


@pytest.mark.parametrize("text", ENGLISH)
def test_english_is_english(text: str) -> None:
    assert language_of(text) == "en"


@pytest.mark.parametrize("name", OTHERS)
def test_a_language_that_is_not_spoken_is_refused_by_its_name(name: str) -> None:
    with pytest.raises(PermanentError, match=name) as caught:
        language_of(OTHERS[name])
    assert caught.value.code is ErrorCode.LANGUAGE_UNSUPPORTED
    assert "Korean and English" in caught.value.message


def test_korean_that_quotes_japanese_is_korean_and_japanese_that_quotes_korean_is_not() -> None:
    assert (
        language_of("일본어로는 パスワード라고 합니다. 우리말로는 비밀번호라고 하고, 나누지 않습니다.")
        == "ko"
    )
    with pytest.raises(PermanentError, match="Japanese"):
        language_of("韓国語では 비밀번호 と言います。パスワードを共有しないでください。画面をロックします。")
