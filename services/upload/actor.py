"""The upload stage: a composed video in, the addresses of its files out."""

from collections.abc import Sequence
from contextlib import AsyncExitStack

from contracts.base import ClaimCheck
from contracts.events import Asset, AssetsUploaded, Event, VideoComposed
from contracts.steps import Step
from contracts.topics import VIDEO_COMPOSED
from services.runtime.actor import Actor, Context, Subscription
from services.runtime.published_files import AssetAccess, AssetSecret
from services.upload.keys import PUBLISHED_FILES, folder_key, public_url
from services.upload.settings import UploadSettings
from services.upload.storage import Storage, open_storage

JOBS_AT_ONCE = 4
"""Uploads wait for the network or the disk, not for the processor."""


class Uploader:
    """Holds the open storage between start and stop."""

    def __init__(self, settings: UploadSettings) -> None:
        self._settings = settings
        self._secret = AssetSecret(settings)
        self._storage: Storage | None = None
        self._stack = AsyncExitStack()

    async def start(self) -> None:
        """Open the storage."""
        self._storage = await self._stack.enter_async_context(open_storage(self._settings))

    async def stop(self) -> None:
        """Close the storage."""
        self._storage = None
        await self._stack.aclose()

    async def upload(self, event: VideoComposed, ctx: Context) -> Sequence[Event]:
        """Store the job's files one after the other and say where they are.

        A file that stands already is left as it is, so a redelivered record stores nothing twice. Finished
        files of a cancelled job stay: they lie under the job's own key, and a retry that runs already may
        have stored the same ones.

        Raises:
            PermanentError: ``EVENT_MALFORMED``, ``ARTIFACT_MISSING`` or ``ARTIFACT_CORRUPT``.
            TransientError: ``STORAGE_FULL``, ``STORAGE_UPLOAD_FAILED`` or ``STORAGE_UNAVAILABLE``.
            CanceledError: the job is dead.
        """
        assert self._storage is not None, "the actor was not started"
        public = self._settings.storage_assets is AssetAccess.PUBLIC
        secret = None if public else await self._secret.read(ctx.artifacts)
        folder = folder_key(event.video_id, event.script_id, event.job_id, secret)
        assets: list[Asset] = []
        for done, file in enumerate(PUBLISHED_FILES, start=1):
            ctx.cancel.check()
            key = f"{folder}/{file.name}"
            claim: ClaimCheck = getattr(event.files, file.kind)
            source = await ctx.artifacts.fetch(claim, ctx.scratch)
            await self._storage.store(source, key, claim, file.content_type, ctx.cancel.check)
            assets.append(
                Asset(
                    kind=file.kind,
                    key=key,
                    url=public_url(self._settings.base_url, key),
                    size_bytes=claim.bytes,
                    content_type=file.content_type,
                    sha256=claim.sha256,
                )
            )
            if done < len(PUBLISHED_FILES):  # the last share is the engine's, when the event is published
                await ctx.report(done / len(PUBLISHED_FILES))
        return [AssetsUploaded.after(event, ctx.output_id(), assets=tuple(assets))]


def build(settings: UploadSettings | None = None) -> Actor:
    """Return the stage; without ``settings`` they are read from the environment."""
    uploader = Uploader(settings or UploadSettings())
    subscription = Subscription(VIDEO_COMPOSED, uploader.upload, JOBS_AT_ONCE, Step.UPLOAD_ASSETS)
    return Actor("upload", (subscription,), uploader.start, uploader.stop)
