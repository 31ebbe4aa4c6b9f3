"""``python -m services.slides``: the slides worker."""

from services.runtime.process import run_worker
from services.slides.actor import build

if __name__ == "__main__":
    raise SystemExit(run_worker("slides", build))
