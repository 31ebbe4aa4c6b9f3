"""Where the routes hang: ``/api/v2``, and ``/api`` as its alias."""

from fastapi import Request

BASES = ("/api/v2", "/api")

TICKETS = "/stream-tickets"
TICKET_PATHS = frozenset(base + TICKETS for base in BASES)


def base_of(request: Request) -> str:
    """Return the base that a request came by, so that links in its answer lead back by it."""
    path = request.url.path
    return next((base for base in BASES if path.startswith(f"{base}/")), BASES[-1])
