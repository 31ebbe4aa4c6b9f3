"""Signatures of callbacks: Standard Webhooks 1.0.0 (standardwebhooks.com), symmetric."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime

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
        body: exactly what is sent.
    """
    timestamp = str(int(moment.timestamp()))
    headers = {"webhook-id": webhook_id, "webhook-timestamp": timestamp}
    if keys:
        signed = f"{webhook_id}.{timestamp}.".encode() + body
        headers["webhook-signature"] = " ".join(f"v1,{_signature(key, signed)}" for key in keys)
    return headers


def _signature(key: bytes, signed: bytes) -> str:
    return base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
