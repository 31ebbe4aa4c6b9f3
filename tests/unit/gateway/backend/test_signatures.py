"""Signed as Standard Webhooks says: checked with its own library."""

import base64
from datetime import UTC, datetime, timedelta, timezone

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from services.gateway.backend.signatures import webhook_headers
from tests.support.backend import Call, Reply, StandInBackend
from tests.unit.gateway.backend.conftest import (
    KEY,
    NOW,
    SECRETS,
    settled,
)
from tests.unit.gateway.conftest import Harness


class TestSignature:
    async def _call(self, harness: Harness, backend: StandInBackend) -> Call:
        await harness.script("v-1", approved=False)
        await settled(harness)
        return backend.calls[0]

    async def test_a_tampered_callback_fails(self, harness: Harness, backend: StandInBackend) -> None:
        call = await self._call(harness, backend)
        hook = Webhook(SECRETS[0])
        for name, value in (
            ("webhook-id", "another"),
            ("webhook-timestamp", str(int(call.headers["webhook-timestamp"]) + 1)),
            ("webhook-signature", "v1," + base64.b64encode(b"x" * 32).decode()),
        ):
            with pytest.raises(WebhookVerificationError):
                hook.verify(call.body, {**call.headers, name: value})
        with pytest.raises(WebhookVerificationError):
            hook.verify(call.body.replace(b"v-1", b"v-2"), call.headers)
        with pytest.raises(WebhookVerificationError):
            Webhook("whsec_" + base64.b64encode(b"z" * 32).decode()).verify(call.body, call.headers)

    @pytest.mark.parametrize("late", [timedelta(minutes=-6), timedelta(minutes=6)])
    def test_a_replayed_or_postdated_callback_fails(self, late: timedelta) -> None:
        headers = webhook_headers((KEY,), "id", datetime.now(UTC) + late, b"{}")
        with pytest.raises(WebhookVerificationError, match="too"):
            Webhook(SECRETS[0]).verify(b"{}", dict(headers))

    async def test_a_repeat_has_the_same_id_and_body_but_a_stamp_of_its_own(
        self, harness: Harness, backend: StandInBackend
    ) -> None:
        backend.will("/video/script/complete", Reply(500))
        script_id = await harness.script("v-1", approved=False)
        await settled(harness)
        first, second = backend.of("/video/script/complete")
        assert first.headers["webhook-id"] == second.headers["webhook-id"]
        assert first.body == second.body
        assert second.json()["script_id"] == script_id
        Webhook(SECRETS[1]).verify(second.body, second.headers)

    def test_the_same_callback_is_signed_with_the_same_bytes_as_ever_whatever_the_zone(self) -> None:
        moment = datetime(2026, 3, 1, 9, 30, 0, 999_999, tzinfo=timezone(timedelta(hours=9)))
        signed = webhook_headers((bytes(range(24)), b"k" * 64), "msg_1", moment, '{"제목":"안전"}'.encode())
        assert signed == {
            "webhook-id": "msg_1",
            "webhook-timestamp": "1772325000",
            "webhook-signature": "v1,7gMlkYdleMoZGYsnWXbIHO6VQK5X0//rlXbxK8x6gvo="
            " v1,gjV19ETSXnoaoW6px5uyn+DNCHGsUiNb7aJefXcaDEM=",
        }

    def test_without_keys_nothing_is_signed(self) -> None:
        assert set(webhook_headers((), "id", NOW, b"")) == {"webhook-id", "webhook-timestamp"}
