"""How a render job gets on: a live table in a terminal, plain lines anywhere else."""

from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Final, Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from contracts.renderspec import RenderSpec
from contracts.states import JobState
from contracts.steps import Step
from services.gateway.ledger.jobs.progress import Share
from services.gateway.ledger.models import JobRecord

SCENE_STEPS: Final[Mapping[Step, tuple[str, str]]] = {
    Step.GENERATE_TTS: ("speaking", "spoken"),
    Step.GENERATE_SUBTITLE: ("subtitling", "subtitled"),
    Step.RENDER_SLIDES: ("drawing", "drawn"),
    Step.COMPOSE_VIDEO: ("encoding", "encoded"),
}
"""The steps a scene goes through, while and after."""

JOB_STEPS: Final[Mapping[Step, str]] = {
    Step.VALIDATE_SCRIPT: "checking the script",
    Step.GENERATE_TTS: "speaking",
    Step.GENERATE_SUBTITLE: "subtitling",
    Step.RENDER_SLIDES: "drawing slides",
    Step.COMPOSE_VIDEO: "encoding",
    Step.UPLOAD_ASSETS: "checking and storing the film",
    Step.FINALIZE: "finishing",
}

TITLE_CHARACTERS: Final = 48
ROWS_BESIDE_SCENES: Final = 8
"""Lines of the screen that the table's frame and the bar take."""


class Scenes:
    """Where each scene is, folded from the shares of the ledger."""

    def __init__(self, spec: RenderSpec) -> None:
        self.titles = [_title(scene.caption or scene.narration) for scene in spec.scenes]
        self._shares: dict[tuple[Step, int], float] = {}

    def __len__(self) -> int:
        return len(self.titles)

    def take(self, shares: Sequence[Share]) -> list[tuple[int, Step]]:
        """Take what the ledger knows; return what has been finished since, in order of steps."""
        news = []
        for share in shares:
            key = (share.step, share.part)
            before, self._shares[key] = self._shares.get(key, 0.0), share.share
            if share.step in SCENE_STEPS and share.share >= 1 > before and share.part < len(self):
                news.append((share.part, share.step))
        order = list(Step)
        return sorted(news, key=lambda item: (order.index(item[1]), item[0]))

    def share(self, index: int, step: Step) -> float:
        """Return how much of a step is done for a scene, 0-1."""
        return self._shares.get((step, index), 0.0)

    def stage(self, index: int) -> str:
        """Say in a word where a scene is."""
        for step, (doing, _) in SCENE_STEPS.items():
            share = self.share(index, step)
            if share < 1:
                return f"{doing} {share:.0%}" if share else doing
        return "done"

    def done(self, index: int) -> int:
        """Return how many steps a scene has behind it."""
        return sum(self.share(index, step) >= 1 for step in SCENE_STEPS)


class PlainDisplay:
    """Lines for a log file: each says something new."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._scenes: Scenes | None = None
        self._step: Step | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return

    def say(self, what: str) -> None:
        """Print what is being done."""
        self._line(what)

    def scenes(self, spec: RenderSpec) -> None:
        """Print how many scenes there are."""
        self._scenes = Scenes(spec)
        self._line(f"rendering {len(spec.scenes)} scenes: {spec.title or 'untitled'}")

    def update(self, job: JobRecord, shares: list[Share]) -> None:
        """Print each scene's step when it is finished, and the job's steps at the end."""
        if self._scenes is None:
            return
        for index, step in self._scenes.take(shares):
            word = SCENE_STEPS[step][1]
            self._line(f"{job.progress:3d} %  scene {index + 1}/{len(self._scenes)} {word}")
        if job.step is not self._step and job.step in {Step.UPLOAD_ASSETS, Step.FINALIZE}:
            self._line(f"{job.progress:3d} %  {JOB_STEPS[job.step]}")
        self._step = job.step

    def _line(self, text: str) -> None:
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)


class LiveDisplay:
    """A table that is redrawn in place: a row for each scene, a bar for the job."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live = Live(console=console, refresh_per_second=8, transient=True)
        self._scenes: Scenes | None = None

    def __enter__(self) -> Self:
        self._live.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.__exit__(kind, error, trace)

    def say(self, what: str) -> None:
        """Show what is being done."""
        self._live.update(Spinner("dots", Text(f"{what} ...")))

    def scenes(self, spec: RenderSpec) -> None:
        """Show the scenes, nothing of them done."""
        self._scenes = Scenes(spec)

    def update(self, job: JobRecord, shares: list[Share]) -> None:
        """Redraw."""
        if self._scenes is None:
            return
        self._scenes.take(shares)
        self._live.update(Group(self._table(self._scenes), self._bar(job)))

    def _table(self, scenes: Scenes) -> RenderableType:
        table = Table(expand=False)
        table.add_column("Scene", justify="right")
        table.add_column("Shows", no_wrap=True, max_width=TITLE_CHARACTERS)
        for step in SCENE_STEPS.values():
            table.add_column(step[1].capitalize(), justify="center")
        table.add_column("Now", min_width=15)
        shown = self._shown(scenes)
        for index in shown:
            marks = [_mark(scenes.share(index, step)) for step in SCENE_STEPS]
            table.add_row(str(index + 1), Text(scenes.titles[index]), *marks, scenes.stage(index))
        if len(shown) < len(scenes):
            table.caption = f"{len(scenes) - len(shown)} more scenes"
        return table

    def _shown(self, scenes: Scenes) -> list[int]:
        """Return the rows that the screen has room for: those under way first, then those to come."""
        room = max(3, self._console.height - ROWS_BESIDE_SCENES)
        by_interest = sorted(
            range(len(scenes)), key=lambda index: (scenes.done(index) == len(SCENE_STEPS), index)
        )
        return sorted(by_interest[:room])

    def _bar(self, job: JobRecord) -> RenderableType:
        line = Table.grid(padding=(0, 1))
        what = "waiting" if job.state is JobState.QUEUED else JOB_STEPS[job.step]
        line.add_row(ProgressBar(total=100, completed=job.progress, width=40), f"{job.progress} %", what)
        return line


def display_for(console: Console) -> PlainDisplay | LiveDisplay:
    """Return the display that suits where the console writes to."""
    return LiveDisplay(console) if console.is_terminal else PlainDisplay(console)


def _mark(share: float) -> str:
    if share >= 1:
        return "[green]✓[/]"
    return f"[yellow]{share:.0%}[/]" if share else "[dim]·[/]"


def _title(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= TITLE_CHARACTERS else f"{line[: TITLE_CHARACTERS - 1]}…"
