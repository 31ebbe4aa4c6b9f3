"""``python -m services.composition``: the composition worker."""

from services.composition.actor import build
from services.runtime.process import run_worker

if __name__ == "__main__":
    raise SystemExit(run_worker("composition", build))
