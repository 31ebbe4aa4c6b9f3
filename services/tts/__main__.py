"""``python -m services.tts``: the tts worker."""

from services.runtime.process import run_worker
from services.tts.actor import build

if __name__ == "__main__":
    raise SystemExit(run_worker("tts", build))
