"""The ``lectern`` command: what can be asked for, and what is done about it."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from contracts.rendering import TtsProvider, VisualStyle
from services.cli.exit_codes import run
from services.cli.said import SaidCommand

app = typer.Typer(
    help="""Lectern turns training text into a narrated video: speech, slides, subtitles, chapters.

Nothing else is needed: [bold]lectern render LESSON.md[/] runs the whole system inside this process, offline.
[bold]lectern script LESSON.md[/] shows what the film will say, and what it leaves out.
[bold]lectern up[/] keeps it running with its HTTP interface. With KAFKA_BOOTSTRAP_SERVERS set, the same parts
run as processes of their own on Apache Kafka: [bold]lectern gateway[/] and [bold]lectern worker NAME[/].""",
    epilog="""Data lies below LECTERN_HOME (default ./data): what was made once is never made again.
Exit codes: 0 done, 1 the job failed, 2 wrong use, 130 interrupted.""",
    rich_markup_mode="rich",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
topics = typer.Typer(help="The Kafka topics: what there should be, and what there is.", no_args_is_help=True)
app.add_typer(topics, name="topics")
ledger = typer.Typer(help="The ledger: the database of scripts, jobs and callbacks.", no_args_is_help=True)
app.add_typer(ledger, name="ledger")


class Worker(StrEnum):
    """The names of the workers."""

    SCRIPTING = "scripting"
    TTS = "tts"
    SUBTITLING = "subtitling"
    SLIDES = "slides"
    COMPOSITION = "composition"
    UPLOAD = "upload"


Debug = Annotated[bool, typer.Option("--debug", help="Show a traceback with an error.")]
Lesson = Annotated[
    Path,
    typer.Argument(
        help="Training text, plain or Markdown; or a script or render spec as .json.",
        exists=True,
        dir_okay=False,
        readable=True,
    ),
]
Language = Annotated[str | None, typer.Option(help="ko or en; told by the text if not given.")]
Minutes = Annotated[float, typer.Option(min=0.1, max=60, help="Wished length of the film.")]
Tts = Annotated[
    TtsProvider | None,
    typer.Option("--tts", "--voice", help="kokoro speaks, offline; mock is silent. Default: TTS_PROVIDER."),
]
Speaker = Annotated[str | None, typer.Option(help="One of the voices of --tts.")]


@app.command()
def render(  # noqa: PLR0913, PLR0917 - Typer takes each option as an argument
    lesson: Lesson,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", help="The MP4 to write; .srt, .vtt and .jpg go beside it.", dir_okay=False
        ),
    ] = None,
    style: Annotated[
        VisualStyle, typer.Option(help="Captions on a plain ground, or planned slides with motion.")
    ] = VisualStyle.ANIMATED,
    tts: Tts = None,
    speaker: Speaker = None,
    theme: Annotated[
        str | None,
        typer.Option(help="Colours of the slides, such as harbor-dark; chosen by the text if not given."),
    ] = None,
    language: Language = None,
    minutes: Minutes = 3,
    title: Annotated[str | None, typer.Option(help="Title of the film; else the lesson's own.")] = None,
    width: Annotated[
        int | None, typer.Option(help="Pixels, even, at least the height. Default: VIDEO_WIDTH or 1280.")
    ] = None,
    height: Annotated[int | None, typer.Option(help="Pixels, even. Default: VIDEO_HEIGHT or 720.")] = None,
    fps: Annotated[int | None, typer.Option(help="Frames a second. Default: VIDEO_FPS or 24.")] = None,
    debug: Debug = False,
) -> None:
    """Render a lesson to a film, in this process.

    Writes a script, approves it, speaks, subtitles, draws and encodes it scene by scene, checks the finished
    film and puts it where you want it. Run it again after an edit: only what changed is made anew.

    Example: lectern render lesson.md -o film.mp4 --style animated --minutes 2
    """
    from services.cli.commands import render_lesson  # noqa: PLC0415 - --help need not load the stages

    wished = {
        "visual_style": style, "tts_provider": tts, "voice": speaker, "theme": theme,
        "width": width, "height": height, "fps": fps,
    }  # fmt: skip
    target = output or Path(f"{lesson.stem}.mp4")
    raise typer.Exit(
        run(
            lambda: render_lesson(
                lesson, target, wished, language=language, minutes=minutes, title=title, debug=debug
            ),
            debug=debug,
        )
    )


@app.command(cls=SaidCommand)
def say(
    text: Annotated[
        list[str],
        typer.Argument(help="What is to be said; - reads it from standard input.", show_default=False),
    ],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Speak to this WAV file, mono, 48 kHz.", dir_okay=False),
    ] = None,
    show: Annotated[bool, typer.Option("--show", help="Show the reading; the default without -o.")] = False,
    language: Language = None,
    tts: Tts = None,
    speaker: Speaker = None,
    debug: Debug = False,
) -> None:
    r"""Show how a text will be read out, sentence by sentence, or speak it to a WAV file.

    Numbers, units, dates, ids and Latin letters are said in words. See here how:
    each sentence as [bold]written[/]; as [bold]read[/], in the words of the narrator; and as
    [bold]pronounced[/], with the sound changes of Korean or, for English, in the
    symbols of the voice.

    \b
    Examples:
      lectern say "5~10mm 볼트 3개를 조입니다."
      lectern say --language en "Keep at 20-25 °C."
      lectern say - --show < lesson.txt
      lectern say -o notice.wav "9:00까지 오세요."
    """
    from services.cli.say import say as say_text  # noqa: PLC0415 - --help need not load the readers

    raise typer.Exit(
        run(
            lambda: say_text(
                text, output, show=show, language=language, provider=tts, speaker=speaker, debug=debug
            ),
            debug=debug,
        )
    )


@app.command()
def script(
    lesson: Lesson,
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            help="A .json file for the script, which lectern render takes; - for standard output.",
            show_default=False,
        ),
    ] = None,
    language: Language = None,
    minutes: Minutes = 3,
    plan: Annotated[
        bool,
        typer.Option("--plan", help="Also what stands on each scene's slides: layout, headline, points."),
    ] = False,
    debug: Debug = False,
) -> None:
    """Write the script of a lesson, and nothing else: what the film would say and show, in seconds.

    Shows the chapters and scenes, what the script leaves out of the text (how many sentences, which headings,
    numbers and prohibitions, and what could not be read), and what you should know before you render it. In
    the file that is "left_out" and "warnings"; with --plan each scene also has a "plan", its slides.

    Works offline, without Kafka; with AI_ENV=real the language model at LLM_BASE_URL writes.

    Read, edit, render: lectern script lesson.md -o script.json, then lectern render script.json -o film.mp4
    """
    from services.cli.script import script_lesson  # noqa: PLC0415 - --help need not load the stages

    raise typer.Exit(
        run(
            lambda: script_lesson(lesson, output, language=language, minutes=minutes, plan=plan, debug=debug),
            debug=debug,
        )
    )


@app.command()
def up(debug: Debug = False) -> None:
    """Run the whole system in one process until Ctrl-C: gateway, all workers and, without Kafka, a broker.

    Listens on GATEWAY_HOST:GATEWAY_PORT (127.0.0.1:8080). The ledger and all films stay in LECTERN_HOME; jobs
    under way when it stops are carried on when it starts again.
    """
    from services.cli.commands import run_up  # noqa: PLC0415 - --help need not load the stages

    raise typer.Exit(run(run_up, debug=debug))


@app.command()
def gateway() -> None:
    """Run the gateway alone, against KAFKA_BOOTSTRAP_SERVERS: HTTP, WebSocket, ledger."""
    from services.gateway.main import main as run_gateway  # noqa: PLC0415

    raise typer.Exit(run_gateway())


@app.command()
def worker(
    name: Annotated[Worker, typer.Argument(help="The stage to run.", show_default=False)],
) -> None:
    """Run one stage against KAFKA_BOOTSTRAP_SERVERS; start as many as there is work for.

    Set LECTERN_HEALTH_PORT for /livez, /readyz and /metrics.
    """
    from services.cli.workers import build_worker  # noqa: PLC0415
    from services.runtime.process import run_worker  # noqa: PLC0415

    raise typer.Exit(run_worker(name.value, lambda: build_worker(name.value)))


@topics.command("list")
def list_topics(debug: Debug = False) -> None:
    """Compare the topics on KAFKA_BOOTSTRAP_SERVERS with the declared ones; exit code 1 if they differ."""
    from services.cli.topics import show_topics  # noqa: PLC0415

    raise typer.Exit(run(show_topics, debug=debug))


@topics.command("create")
def create_topics(
    replication: Annotated[
        int, typer.Option(help="Copies of each partition; -1 leaves it to the broker's default.", min=-1)
    ] = -1,
    debug: Debug = False,
) -> None:
    """Create the missing topics on KAFKA_BOOTSTRAP_SERVERS; existing ones are never changed."""
    from services.cli.topics import make_topics  # noqa: PLC0415

    raise typer.Exit(run(lambda: make_topics(replication), debug=debug))


@ledger.command("rebuild")
def rebuild(
    database_url: Annotated[
        str | None,
        typer.Option(
            help="The database to fill: sqlite:///FILE or postgresql://... Default: DATABASE_URL, or the"
            " SQLite file below LECTERN_HOME.",
            show_default=False,
        ),
    ] = None,
    replace: Annotated[
        bool,
        typer.Option(
            "--replace", help="Throw away what the database holds, also events that it has not published."
        ),
    ] = False,
    check: Annotated[
        bool,
        typer.Option(
            "--check", help="Change nothing: say what could be rebuilt. Gateways may run meanwhile."
        ),
    ] = False,
    debug: Debug = False,
) -> None:
    """Make an empty database again from the topics on KAFKA_BOOTSTRAP_SERVERS.

    Stop all gateways first; workers may go on. Afterwards the API answers as before for every job that has
    ended, and jobs under way go on once a gateway runs. Nothing is announced twice and no callback is sent
    that was sent before. Texts and render specs come from the artifact store (LECTERN_HOME or S3).

    What the log has lost is named, left out, and makes the exit code 1. How far back it reaches is the
    retention of lectern.ledger.v1, which is kept for ever unless somebody changed that.

    Example: lectern ledger rebuild --database-url postgresql://lectern@db/lectern
    """
    from services.cli.ledger import rebuild_ledger  # noqa: PLC0415 - --help need not load it

    raise typer.Exit(run(lambda: rebuild_ledger(database_url, replace=replace, check=check), debug=debug))


def main() -> None:
    """Run the command line."""
    app(prog_name="lectern")


if __name__ == "__main__":
    main()
