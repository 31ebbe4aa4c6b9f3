"""``python -m services.upload``: the upload worker."""

from services.runtime.process import run_worker
from services.upload.actor import build

if __name__ == "__main__":
    raise SystemExit(run_worker("upload", build))
