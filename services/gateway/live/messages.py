"""What viewers are told about a job: one message per change, in the job's language."""

from collections.abc import Mapping
from datetime import datetime

from contracts.base import Model
from contracts.errors import ErrorCode
from contracts.events import Asset, JobUpdated
from contracts.languages import DEFAULT_LANGUAGE
from contracts.states import JobState
from contracts.steps import MESSAGES, Step
from services.gateway.ledger.models import JobRecord

_WORDS: Mapping[str, Mapping[str, str]] = {
    "ko": {
        "queued": "대기 중...",
        "completed": "영상이 완성되었습니다.",
        "canceled": "작업이 취소되었습니다.",
        "failed": "영상 생성에 실패했습니다. ({code})",
    },
    "en": {
        "queued": "Waiting...",
        "completed": "The video is ready.",
        "canceled": "The job was cancelled.",
        "failed": "The video could not be made. ({code})",
    },
}


class ErrorInfo(Model):
    """Why something failed."""

    code: str
    message: str


class ProgressMessage(Model):
    """What ``WS /ws/videos/{video_id}/render-progress`` sends."""

    job_id: str
    video_id: str
    status: JobState
    step: Step
    progress: int
    message: str
    timestamp: datetime


class JobMessage(Model):
    """All that viewers are told of one job. ``revision`` rises with every change."""

    job_id: str
    video_id: str
    script_id: str | None
    attempt: int
    revision: int
    status: JobState
    step: Step
    progress: int
    message: str
    language: str
    scenes: int
    assets: tuple[Asset, ...]
    duration_sec: float | None
    error: ErrorInfo | None
    created_at: datetime
    updated_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


def progress_message(job: JobUpdated) -> ProgressMessage:
    """Return what viewers of a video are told about a job as it is now."""
    return ProgressMessage(
        job_id=job.job_id,
        video_id=job.video_id,
        status=JobState(job.status),
        step=job.step,
        progress=job.progress,
        message=_text(JobState(job.status), job.step, job.language, job.error_code),
        timestamp=job.updated_at,
    )


def job_message(job: JobUpdated) -> JobMessage:
    """Return all that viewers are told about a job as it is now."""
    fields = {name: getattr(job, name) for name in JobMessage.model_fields if hasattr(job, name)}
    error = ErrorInfo(code=job.error_code, message=job.error_message or "") if job.error_code else None
    text = _text(JobState(job.status), job.step, job.language, job.error_code)
    return JobMessage(**{**fields, "message": text, "error": error})


def text_of(job: JobRecord) -> str:
    """Return the line of text beside the progress bar."""
    return _text(job.state, job.step, job.language, job.error_code)


def _text(state: JobState, step: Step, language: str, error_code: str | None) -> str:
    words = _WORDS.get(language, _WORDS[DEFAULT_LANGUAGE])
    if state is JobState.PROCESSING:
        return MESSAGES.get(language, MESSAGES[DEFAULT_LANGUAGE])[step]
    if error_code == ErrorCode.CANCELED:
        return words["canceled"]
    return words[state.lower()].format(code=error_code)
