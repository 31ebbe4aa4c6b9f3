"""Secrets of settings and what looks like one, wherever a process tells something."""

import base64
import json
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.runtime.observability.redaction import LONGEST, Redactor, redact, secrets_of

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


@pytest.mark.parametrize(
    "text",
    [
        "scene 3 of job-1: /usr/bin",
        "basic knowledge of security tokens: 4096, max_tokens=4096",
        "Basic authentication and bearer authentication are two schemes",
        "unexpected token: line 3 column 7",
        'password authentication failed for user "lectern"',
        "no token is set: GATEWAY_API_TOKENS=name=read+write:SECRET, or GATEWAY_AUTH=off",
        "the backend answered 401: refuses BACKEND_INTERNAL_TOKEN",
        "lectern.scene.planned.v1 waits: STORAGE_UNAVAILABLE: http://s3:8333/films/a@2x.png",
        "postgresql://db/lectern?sslmode=require and http://[::1]:8080/livez",
        "  File 'auth.py', line 3, in holder\n    token=settings.token()\n",
        "task-1-subscriber-of-everything",
        "비밀번호와 계정 지키기: 81%",
        'WWW-Authenticate: Bearer realm="lectern", error="invalid_token"',
    ],
)
def test_innocent_text_stays(text: str) -> None:
    assert redact(text, secrets_of(ENVIRONMENT)) == text


@pytest.mark.parametrize(
    ("name", "value", "secrets"),
    [
        ("GATEWAY_API_TOKENS", "studio=read+write:Stud1o-0123456789 back=internal:b4ck-0123456789abc",
         ["Stud1o-0123456789", "b4ck-0123456789abc"]),
        ("GATEWAY_API_TOKENS", "a=read:abcdefghijklmnopq,b=write:sha256:" + "ab" * 32,
         ["abcdefghijklmnopq", "ab" * 32]),
        ("BACKEND_WEBHOOK_SECRETS", "whsec_" + "QUJD" * 8 + ",whsec_" + "REVG" * 8, ["QUJD" * 8, "REVG" * 8]),
        ("SOME_TOKENS", '["first-token-1", {"name": "x", "token": "second-token-2"}]',
         ["first-token-1", "second-token-2"]),
        ("DATABASE_URL", "postgresql+asyncpg://lectern:p%40ss%2Fw0rd@db/lectern",
         ["p%40ss%2Fw0rd", "p@ss/w0rd"]),
        ("DATABASE_URL", "postgresql://u:w/ith@sl4sh@db/lectern", ["w/ith@sl4sh"]),
        ("DATABASE_URL", "host=db user=u password='libpq pw 1' dbname=x", ["libpq pw 1"]),
        ("DATABASE_URL", "postgresql://db/lectern?user=u&password=in-the-query1", ["in-the-query1"]),
        ("HTTPS_PROXY", "http://me:proxy-pw-1@proxy:3128", ["proxy-pw-1"]),
        ("REDIS_URL", "rediss://:only-a-passw0rd@redis:6380/0", ["only-a-passw0rd"]),
        ("S3_ENDPOINT_URL", "https://AKIDEXAMPLE:s3-secret-1@minio:9000", ["s3-secret-1"]),
        ("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20otel-tok-1,x-api-key=otel-key-2",
         ["otel-tok-1", "otel-key-2"]),
        ("KAFKA_SASL_JAAS_CONFIG", 'PlainLoginModule required username="u" password="sasl-pw-1";',
         ["sasl-pw-1"]),
        ("KAFKA_SASL_PASSWORD", "correct horse battery staple", ["correct horse battery staple"]),
        ("TLS_PRIVATE_KEY",
         "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBg1\nkqhkiG9w0BAQEF2\n-----END PRIVATE KEY-----\n",
         ["MIIEvQIBADANBg1", "kqhkiG9w0BAQEF2"]),
        ("MYSQL_PWD", "under-score-1", ["under-score-1"]),
        ("SESSION_COOKIE", "sid=cookie-value-1; other=cookie-value-2", ["cookie-value-1", "cookie-value-2"]),
    ],
)  # fmt: skip
def test_each_secret_of_a_setting_is_blanked_alone(name: str, value: str, secrets: list[str]) -> None:
    clean = Redactor(secrets_of({name: value}))
    for secret in secrets:
        assert secret not in clean(f"before {secret} behind"), secret
        assert secret not in clean(f"x{secret}y"), secret


def test_names_scopes_users_and_files_are_no_secrets() -> None:
    environment = {
        "GATEWAY_API_TOKENS": "studio=read+write:Stud1o-0123456789",
        "DATABASE_URL": "postgresql://lectern:lectern@database/lectern",
        "AWS_SHARED_CREDENTIALS_FILE": "/root/.aws/credentials",
        "PWD": "/srv/lectern",
        "TOKEN_URL": "https://login.example/oauth/token",
    }
    text = "studio read+write lectern database /root/.aws/credentials /srv/lectern https://login.example/oauth/token"
    assert redact(text, secrets_of(environment)) == text
    assert (
        redact("postgresql://lectern:lectern@database/x", secrets_of(environment))
        == "postgresql://***@database/x"
    )


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("Authorization: Negotiate abc refused", "Authorization: *** refused"),
        ("Authorization: AWS4-HMAC-SHA256 Credential=A/b, SignedHeaders=host, Signature=ab for x",
         "Authorization: *** for x"),
        ("proxy-authorization: dGVzdA==", "proxy-authorization: ***"),
        ("{'Authorization': 'Digest username=\"x\", response=\"abc\"', 'Host': 'y'}",
         "{'Authorization': '***', 'Host': 'y'}"),
        ("[(b'authorization', b'ApiKey xyz'), (b'host', b'y')]",
         "[(b'authorization', b'***'), (b'host', b'y')]"),
        (r'{\"authorization\": \"Token abc\", \"x\": 1}', r'{\"authorization\": \"***\", \"x\": 1}'),
        ("Cookie: a=b; sid=zzz", "Cookie: ***"),
        ("{'set-cookie': 'sid=abc; Path=/', 'x': 1}", "{'set-cookie': '***', 'x': 1}"),
        ("lectern, lectern.bearer.sEcr-et_x~1", "lectern, lectern.bearer.***"),
        (f"/ws/v2/jobs?ticket=lst_{'a' * 43}&x=1", "/ws/v2/jobs?ticket=lst_***&x=1"),
        ("/ws/v2/jobs?ticket=anything&x=1", "/ws/v2/jobs?ticket=***&x=1"),
        ("https://b.s3/x?X-Amz-Signature=ab12&X-Amz-Credential=A%2F2&X-Amz-Security-Token=zz&x=1",
         "https://b.s3/x?X-Amz-Signature=***&X-Amz-Credential=***&X-Amz-Security-Token=***&x=1"),
        ("next=https%3A%2F%2Fb%2Fx%3FX-Amz-Signature%3Dab12%26x%3D1",
         "next=https%3A%2F%2Fb%2Fx%3FX-Amz-Signature%3D***%26x%3D1"),
        ("key AKIAIOSFODNN7EXAMPLE and ASIAIOSFODNN7EXAMPLE", "key *** and ***"),
        ("Basic dXNlcjpwYXNz ok", "Basic *** ok"),
        ("sent bearer abcdefgh12", "sent bearer ***"),
        ("jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.sig", "jwt ***"),
        ("signed with whsec_QUJDQUJDQUJD", "signed with whsec_***"),
        ("sasl_plain_password='hunter2222', x", "sasl_plain_password='***', x"),
        ('{"client_secret": "longenough"}', '{"client_secret": "***"}'),
        ("-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY----- x", "*** x"),
        ("redis://:pw@r:1/0 and postgresql+asyncpg://u:p@h/x", "redis://***@r:1/0 and postgresql+asyncpg://***@h/x"),
    ],
)  # fmt: skip
def test_what_looks_like_somebody_elses_secret_is_blanked(text: str, clean: str) -> None:
    assert redact(text, ()) == clean
    assert redact(clean, ()) == clean, "told twice, it is the same"


SECRETS = st.text(
    st.characters(codec="utf-8", min_codepoint=33, exclude_categories=("Cc", "Zs", "Zl", "Zp")),
    min_size=8,
    max_size=40,
).filter(lambda text: not text.isalpha() and "***" not in text)


@given(secret=SECRETS, before=st.text(max_size=20), user=st.text(max_size=5))
def test_no_form_of_a_secret_is_told(secret: str, before: str, user: str) -> None:
    clean = Redactor(secrets_of({"ANY_TOKEN": secret}))
    forms = {
        secret, quote(secret, safe=""), quote_plus(secret),
        json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1], repr(secret)[1:-1],
    }  # fmt: skip
    for form in forms:
        assert form not in clean(f"{before}{form} behind")
    encoded = base64.b64encode(f"{user}:{secret}".encode()).decode()
    inner = base64.b64encode(secret.encode()).decode().rstrip("=")[:-1]
    told = clean(f"Proxy said {encoded}")
    assert encoded not in told
    assert inner not in told


@given(st.lists(SECRETS, min_size=1, max_size=300, unique=True), st.data())
def test_of_many_secrets_none_is_told_and_none_leaves_a_rest(secrets: list[str], data: st.DataObject) -> None:
    chosen = data.draw(st.lists(st.sampled_from(secrets), min_size=1, max_size=5))
    told = Redactor(secrets)(" ".join(chosen))
    for secret in secrets:
        assert secret not in told
    first, second = secrets[0], secrets[0][3:] + "-and-more"
    assert Redactor([first, second])(first[:3] + second) == "***", "what two share is shown by neither"


class CountedText(str):
    """A text that counts how often it is looked through."""

    __slots__ = ()
    looks = 0

    def find(self, *args: object) -> int:
        CountedText.looks += 1
        return super().find(*args)  # type: ignore[arg-type]

    def __getitem__(self, key: object) -> "CountedText":
        return CountedText(super().__getitem__(key))  # type: ignore[index]


def test_a_line_of_1_mb_costs_65536_characters_and_1000_tokens_cost_no_look_each() -> None:
    clean = Redactor([f"token-{number:06}-{number * 7919:x}" for number in range(1_000)])
    line = "x" * (1 << 20)
    told = clean(line)
    assert len(told) < LONGEST + 40
    assert told.endswith("… (1,048,576 characters)")
    CountedText.looks = 0
    assert clean(CountedText("scene 3 of job-1 was spoken")) == "scene 3 of job-1 was spoken"
    assert CountedText.looks == 0
    assert clean(CountedText("it is token-000007-d889.")) == "it is ***."
    assert CountedText.looks <= 2 * 8


def test_a_secret_that_the_cut_would_halve_is_blanked() -> None:
    secret = "0123456789abcdef"
    for start in range(LONGEST - 20, LONGEST + 1):
        told = redact("." * start + secret + "." * 100, [secret])
        assert secret[:6] not in told
