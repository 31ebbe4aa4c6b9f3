"""The film's thumbnail: a JPEG of about 50 KB."""

import io

from PIL import Image

MEDIA_TYPE = "image/jpeg"
AIM_BYTES = 60_000
MOST_BYTES = 100_000
_QUALITIES = (92, 88, 84, 80, 74, 68, 60, 50)


def thumbnail(png: bytes) -> bytes:
    """Return a JPEG of the picture, as good as fits ``AIM_BYTES``; a picture too rich for that is halved.

    Args:
        png: a picture that was decoded before.
    """
    with Image.open(io.BytesIO(png), formats=["PNG"]) as image:
        picture = image.convert("RGB")
    while True:
        for quality in _QUALITIES:
            buffer = io.BytesIO()
            picture.save(buffer, "JPEG", quality=quality, subsampling=0, optimize=True)
            if buffer.tell() <= AIM_BYTES:
                return buffer.getvalue()
        if buffer.tell() <= MOST_BYTES or min(picture.size) < 16:
            return buffer.getvalue()
        picture = picture.resize((picture.width // 2, picture.height // 2), Image.Resampling.LANCZOS)
