"""The gateway's settings, read once at the edge."""

from pathlib import Path
from typing import Self

from pydantic import Field, model_validator
from pydantic_settings import SettingsConfigDict

from contracts.errors import PermanentError
from contracts.rendering import RenderSettings, TtsProvider, VisualStyle, check_shape
from services.gateway.auth.access import AccessSettings
from services.gateway.backend.settings import BackendSettings
from services.runtime.http.connection_limits import ConnectionLimits, descriptors
from services.runtime.public_base import DEFAULT_BASE
from services.runtime.published_files import AssetSettings
from services.runtime.shared_settings import PublishedSettings


class GatewaySettings(PublishedSettings):
    """Where the gateway listens, where its ledger and files lie, and how a job is rendered by default."""

    # the prefix keeps field names from being read: ``home`` must never be the shell's HOME
    model_config = SettingsConfigDict(
        env_prefix="LECTERN_GATEWAY_",
        extra="forbid",  # of what code passes; the environment may hold anything
        populate_by_name=True,
        hide_input_in_errors=True,
        env_ignore_empty=True,
    )

    host: str = Field(default="127.0.0.1", validation_alias="GATEWAY_HOST")
    """Address to listen on; another one than loopback needs tokens."""

    port: int = Field(default=8080, ge=0, le=65_535, validation_alias="GATEWAY_PORT")
    """0 lets the system choose a free one."""

    database_url: str | None = Field(default=None, validation_alias="DATABASE_URL")
    """SQLAlchemy URL; a SQLite file below ``home`` when left out."""

    visual_style: VisualStyle = Field(default=VisualStyle.BASIC, validation_alias="VIDEO_VISUAL_STYLE")
    """Of jobs that ask for none: `basic`, captions on a plain ground, or `animated`, planned slides with
    motion."""

    width: int = Field(default=1280, validation_alias="VIDEO_WIDTH")
    """Pixels, even, 160 to 3,840, at least the height. Smaller: text is hard to read. Larger: drawing and
    encoding take as much longer as there are more pixels."""

    height: int = Field(default=720, validation_alias="VIDEO_HEIGHT")
    """Pixels, even, 90 to 2,160; see the width."""

    fps: int = Field(default=24, validation_alias="VIDEO_FPS")
    """Frames a second, 5 to 60, a divisor of 48,000. Smaller: motion stutters. Larger: encoding takes longer,
    and files grow."""

    fade_duration: float = Field(default=0.5, validation_alias="VIDEO_FADE_DURATION")
    """Seconds of the cross-fade between scenes, 0 to 2. Smaller: hard cuts. Larger: short scenes are all
    fade."""

    kenburns_zoom: float = Field(default=1.1, validation_alias="VIDEO_KENBURNS_ZOOM")
    """Largest zoom of the camera in the animated style, 1 to 1.5. Smaller: pictures stand still. Larger: what
    stands at their edges leaves the frame."""

    tts_provider: TtsProvider = Field(default=TtsProvider.KOKORO, validation_alias="TTS_PROVIDER")
    """Who speaks where a job asks for nobody: `kokoro`, offline, or `mock`, silence of plausible length."""

    max_body_bytes: int = Field(default=1 << 20, ge=1_024, validation_alias="GATEWAY_MAX_BODY_BYTES")
    """Smaller than 1 MiB: a long script no longer fits. Larger: a hostile client takes more memory."""

    max_connections: int | None = Field(default=None, ge=16, validation_alias="GATEWAY_MAX_CONNECTIONS")
    """Open at once, WebSockets included; as many as the process's descriptors (``ulimit -n``) allow when left
    out, and never more. Smaller: viewers are refused. Larger: memory, 20 kB for each that is idle."""

    max_connections_per_address: int | None = Field(
        default=None, ge=1, validation_alias="GATEWAY_MAX_CONNECTIONS_PER_ADDRESS"
    )
    """Of one address, of one /64 network with IPv6; three quarters of all when left out. That is much because
    behind a proxy all clients have the proxy's address, and behind a school's router all pupils have one;
    some hundreds are better without a proxy. Smaller: whoever shares an address is refused. Larger: one
    client can take the places of all others."""

    generate_wait: float = Field(default=30, ge=0, le=120, validation_alias="GATEWAY_GENERATE_WAIT")
    """Seconds a generate call waits for its script before it answers 202, unless ``Prefer: wait`` says
    otherwise. Smaller: callers poll. Larger: proxies (60 s is common) cut the call first."""

    backend: BackendSettings = Field(default_factory=BackendSettings)
    access: AccessSettings = Field(default_factory=AccessSettings)
    assets: AssetSettings = Field(default_factory=AssetSettings)

    @model_validator(mode="after")
    def _renderable(self) -> Self:
        try:
            check_shape(self.render_defaults)
        except PermanentError as error:
            raise ValueError(error.message) from None
        return self

    @model_validator(mode="after")
    def _serves_films_only(self) -> Self:
        home, assets = self.home.resolve(), self.assets_dir.resolve()
        if home.is_relative_to(assets) or assets.is_relative_to(home / "artifacts"):
            raise ValueError(
                "STORAGE_LOCAL_DIR is served to everybody, and must neither hold LECTERN_HOME nor lie in its"
                " artifacts: name a folder of its own"
            )
        return self

    @property
    def render_defaults(self) -> RenderSettings:
        """How a job is rendered where its options say nothing."""
        return RenderSettings(
            visual_style=self.visual_style,
            width=self.width,
            height=self.height,
            fps=self.fps,
            fade_duration=self.fade_duration,
            kenburns_zoom=self.kenburns_zoom,
            tts_provider=self.tts_provider,
        )

    def check_access(self) -> None:
        """Return if the gateway may listen where it is to; raises ``SETTINGS_INVALID``."""
        self.access.check(self.host, internal=self.backend.internal_token is not None)

    def local(self) -> "GatewaySettings":
        """Return these settings for a system on one's own machine."""
        return self.model_copy(update={"access": self.access.local()})

    def connection_limits(self) -> ConnectionLimits:
        """Return the limits of the gateway's connections."""
        possible = descriptors()
        in_all = min(self.max_connections or possible, possible)
        return ConnectionLimits(in_all, self.max_connections_per_address)

    @property
    def ledger_url(self) -> str:
        """URL of the ledger's database."""
        return self.database_url or f"sqlite:///{self.home / 'ledger.db'}"

    @property
    def assets_dir(self) -> Path:
        """Folder served below ``/assets``."""
        return self.local_dir

    @property
    def public_base_url(self) -> str:
        """Where the finished files that this gateway serves are found."""
        return self.storage_public_base_url or DEFAULT_BASE

    @property
    def assets_path(self) -> str:
        """Path below which finished files are served; ``/assets`` where the public URL is elsewhere."""
        base = self.public_base_url
        return base if base.startswith("/") else DEFAULT_BASE
