"""Signatures of callbacks: Standard Webhooks 1.0.0 (standardwebhooks.com), symmetric."""

import base64
import binascii
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from standardwebhooks import Webhook

PREFIX = "whsec_"

KEY_BYTES = range(24, 65)
"""Length of a key, from the specification."""


def signing_keys(text: str) -> tuple[bytes, ...]:
    """Return the keys of a list of ``whsec_<base64>``, separated by commas or spaces.

    Raises:
        ValueError: one is malformed, too short or too long; never repeats it.
    """
    keys = []
    for number, secret in enumerate(text.replace(",", " ").split(), start=1):
        try:
            key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
        except (binascii.Error, ValueError):
            raise ValueError(f"webhook secret {number} is not whsec_ and base64") from None
        if not secret.startswith(PREFIX) or len(key) not in KEY_BYTES:
            raise ValueError(f"webhook secret {number} must be whsec_ and 24 to 64 bytes in base64")
        keys.append(key)
    return tuple(keys)


def webhook_headers(
    keys: Sequence[bytes], webhook_id: str, moment: datetime, body: bytes
) -> Mapping[str, str]:
    """Return the headers of one delivery.

    Args:
        keys: each signs; a receiver accepts if one of its keys matches.
        webhook_id: the same for every delivery of a callback, so that receivers tell repeats.
        moment: of this delivery; receivers refuse old ones, so that none can be replayed later.
        body: exactly what is sent; text in UTF-8, as JSON is.
    """
    moment = moment.astimezone(UTC)  # the library takes the time of day for UTC, whatever zone is meant
    headers = {"webhook-id": webhook_id, "webhook-timestamp": str(int(moment.timestamp()))}
    if keys:
        text = body.decode()
        headers["webhook-signature"] = " ".join(Webhook(key).sign(webhook_id, moment, text) for key in keys)
    return headers
