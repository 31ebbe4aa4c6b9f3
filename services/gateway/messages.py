"""What viewers are told about a job: one message per change, in the job's language."""

from collections.abc import Mapping
from datetime import datetime

from contracts.base import Model
from contracts.errors import ErrorCode
from contracts.languages import DEFAULT_LANGUAGE
from contracts.steps import MESSAGES, Step
from services.gateway.ledger.records import JobRecord, JobState

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


class ProgressMessage(Model):
    """What ``WS /ws/videos/{video_id}/render-progress`` sends."""

    job_id: str
    video_id: str
    status: JobState
    step: Step
    progress: int
    message: str
    timestamp: datetime


def progress_message(job: JobRecord) -> ProgressMessage:
    """Return what viewers are told about a job as it is now."""
    return ProgressMessage(
        job_id=job.job_id,
        video_id=job.video_id,
        status=job.state,
        step=job.step,
        progress=job.progress,
        message=text_of(job),
        timestamp=job.updated_at,
    )


def text_of(job: JobRecord) -> str:
    """Return the line of text beside the progress bar."""
    words = _WORDS.get(job.language, _WORDS[DEFAULT_LANGUAGE])
    steps = MESSAGES.get(job.language, MESSAGES[DEFAULT_LANGUAGE])
    if job.state is JobState.PROCESSING:
        return steps[job.step]
    if job.error_code == ErrorCode.CANCELED:
        return words["canceled"]
    return words[job.state.lower()].format(code=job.error_code)
