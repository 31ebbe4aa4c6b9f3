"""``python -m services.gateway``: the gateway."""

from services.gateway.main import main

if __name__ == "__main__":
    raise SystemExit(main())
