"""The seven steps of a render job, their share of the progress bar and their messages."""

from collections.abc import Mapping
from enum import StrEnum


class Step(StrEnum):
    """A step of a render job, in order."""

    VALIDATE_SCRIPT = "VALIDATE_SCRIPT"
    GENERATE_TTS = "GENERATE_TTS"
    GENERATE_SUBTITLE = "GENERATE_SUBTITLE"
    RENDER_SLIDES = "RENDER_SLIDES"
    COMPOSE_VIDEO = "COMPOSE_VIDEO"
    UPLOAD_ASSETS = "UPLOAD_ASSETS"
    FINALIZE = "FINALIZE"


PROGRESS_RANGE: Mapping[Step, tuple[int, int]] = {
    Step.VALIDATE_SCRIPT: (0, 15),
    Step.GENERATE_TTS: (15, 40),
    Step.GENERATE_SUBTITLE: (40, 50),
    Step.RENDER_SLIDES: (50, 60),
    Step.COMPOSE_VIDEO: (60, 85),
    Step.UPLOAD_ASSETS: (85, 95),
    Step.FINALIZE: (95, 100),
}

MESSAGES: Mapping[str, Mapping[Step, str]] = {
    "ko": {
        Step.VALIDATE_SCRIPT: "스크립트 검증 중...",
        Step.GENERATE_TTS: "TTS 생성 중...",
        Step.GENERATE_SUBTITLE: "자막 생성 중...",
        Step.RENDER_SLIDES: "슬라이드 렌더링 중...",
        Step.COMPOSE_VIDEO: "영상 합성 중...",
        Step.UPLOAD_ASSETS: "에셋 업로드 중...",
        Step.FINALIZE: "완료 처리 중...",
    },
    "en": {
        Step.VALIDATE_SCRIPT: "Checking the script...",
        Step.GENERATE_TTS: "Generating speech...",
        Step.GENERATE_SUBTITLE: "Generating subtitles...",
        Step.RENDER_SLIDES: "Drawing slides...",
        Step.COMPOSE_VIDEO: "Composing the video...",
        Step.UPLOAD_ASSETS: "Uploading assets...",
        Step.FINALIZE: "Finishing...",
    },
}


def overall_progress(shares: Mapping[Step, float]) -> int:
    """Return the job's progress, 0-100, from the finished share (0-1) of each step.

    A sum of step weights: independent of order and of duplicates, so overlap never makes it fall. 100 is
    reached only when every step is finished.
    """
    total = 0.0
    for step, (low, high) in PROGRESS_RANGE.items():
        total += (high - low) * min(1.0, max(0.0, shares.get(step, 0.0)))
    return int(total + 1e-9)


def current_step(shares: Mapping[Step, float]) -> Step:
    """Return the earliest unfinished step; the last one when all are finished."""
    return next((step for step in Step if shares.get(step, 0.0) < 1.0), Step.FINALIZE)
