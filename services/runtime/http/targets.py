"""What a request is about: its target, in the form that servers are used to."""


def origin_form(target: bytes, headers: list[tuple[bytes, bytes]]) -> bytes:
    """Return a target without a host of its own, which counts and becomes the header (RFC 9112, 3.2.2).

    Args:
        target: as it came.
        headers: changed in place, since a request's scope holds the same list.
    """
    _, scheme, rest = target.partition(b"://")
    size = next((place for place, byte in enumerate(rest) if byte in b"/?"), len(rest))
    if not scheme or not size:
        return target
    path = rest[size:]
    headers[:] = [header for header in headers if header[0] != b"host"]
    headers.append((b"host", rest[:size].rpartition(b"@")[2]))
    return path if path.startswith(b"/") else b"/" + path
