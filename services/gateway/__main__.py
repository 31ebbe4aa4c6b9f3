"""``python -m services.gateway``: the gateway."""

from services.gateway.process import main

if __name__ == "__main__":
    raise SystemExit(main())
