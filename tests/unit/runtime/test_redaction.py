from services.runtime.redaction import redact, secrets_of

ENVIRONMENT = {
    "BACKEND_API_TOKEN": "tok-1234567",
    "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI",
    "LLM_API_KEY": "sk-abcdef123",
    "PATH": "/usr/bin:/bin",
    "SHORT_TOKEN": "abc",
}


def test_secret_values_are_known_by_their_names() -> None:
    assert set(secrets_of(ENVIRONMENT)) == {"tok-1234567", "wJalrXUtnFEMI", "sk-abcdef123"}


def test_secrets_url_credentials_and_authorization_values_are_blanked() -> None:
    text = "GET http://user:pw@host/x with tok-1234567 and Authorization: Bearer abcdefgh.ijk"
    clean = redact(text, secrets_of(ENVIRONMENT))
    for secret in ("user:pw", "tok-1234567", "abcdefgh"):
        assert secret not in clean
    assert "host/x" in clean


def test_innocent_text_stays() -> None:
    assert redact("scene 3 of job-1: /usr/bin", secrets_of(ENVIRONMENT)) == "scene 3 of job-1: /usr/bin"
