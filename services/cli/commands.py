"""What the commands that run the system do; ``main`` only reads the command line."""

import asyncio
import contextlib
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from rich.console import Console

from contracts.commands import RenderOptions
from contracts.errors import ErrorCode, LecternError, PermanentError
from contracts.rendering import RenderSettings, check_names, check_shape
from contracts.renderspec import explain
from services.cli.display import display_for
from services.cli.lesson import read_lesson
from services.cli.outputs import check_writable
from services.cli.quiet import configure_quiet_logs
from services.cli.rendering import Rendered, Wish, render
from services.cli.system import Stack, alone, open_stack
from services.cli.telling import left_out_lines, warning_lines
from services.gateway import server
from services.gateway.settings import GatewaySettings
from services.runtime.observability.logs import configure_logs
from services.runtime.observability.tracing import configure_tracing
from services.runtime.settings import RuntimeSettings

CHECK_SECONDS = 2.0
"""How long a broker that died goes unnoticed by ``lectern up``."""


async def render_lesson(
    path: Path,
    output: Path,
    wished: Mapping[str, Any],
    *,
    language: str | None,
    minutes: float,
    title: str | None,
    debug: bool,
) -> None:
    """Render ``path`` to ``output`` and say what came of it.

    Raises:
        LecternError: why there is no film.
    """
    runtime, gateway = RuntimeSettings(), GatewaySettings()
    options = _options(wished, gateway)
    lesson = read_lesson(path, language)
    check_writable(output, "film", "an MP4", ".mp4", source=path)
    configure_quiet_logs(runtime, debug=debug)
    configure_tracing(runtime, "render")
    with display_for(Console(stderr=True)) as display:
        rendered = await render(Wish(lesson, output, options, minutes, title), runtime, gateway, display)
    _summarise(rendered)


async def run_up() -> None:
    """Run the whole system until a signal.

    Raises:
        LecternError: a part could not be started, or has died.
    """
    runtime, gateway = RuntimeSettings(), GatewaySettings().local()
    gateway.check_access()
    with alone(gateway.home):
        configure_logs(runtime)
        configure_tracing(runtime, "lectern")
        listener = server.listen(gateway.host, gateway.port)
        stop = asyncio.Event()
        try:
            async with open_stack(runtime, gateway) as stack:
                loop = asyncio.get_running_loop()
                for number in (signal.SIGINT, signal.SIGTERM):
                    loop.add_signal_handler(number, stop.set)
                watching = asyncio.create_task(_watch(stack, stop))
                await server.serve(
                    stack.gateway.app,
                    listener,
                    stop,
                    lambda url: _announce(url, stack.bootstrap_servers, gateway),
                    gateway.connection_limits(),
                )
                stop.set()
                await watching
        finally:
            listener.close()


async def _watch(stack: Stack, stop: asyncio.Event) -> None:
    """Return once ``stop`` is set; set it if a part of the stack has died, and raise what it died of."""
    while not stop.is_set():
        try:
            stack.check()
        except LecternError:
            stop.set()
            raise
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CHECK_SECONDS):
                await stop.wait()


def _announce(url: str, servers: str, gateway: GatewaySettings) -> None:
    print(
        f"Lectern is up at {url} (Ctrl-C stops it)\n"
        f"  interface  {url}/openapi.json\n"
        f"  progress   {url.replace('http', 'ws', 1)}/ws/videos/VIDEO_ID/render-progress\n"
        f"  films      {url}{gateway.assets_path}/, in {gateway.assets_dir}\n"
        f"  health     {url}/readyz\n"
        f"  Kafka      {servers}",
        flush=True,
    )


def _options(wished: Mapping[str, Any], gateway: GatewaySettings) -> RenderOptions:
    """Return the options, known to be good before anything is started.

    Raises:
        PermanentError: ``SETTINGS_INVALID``.
    """
    given = {name: value for name, value in wished.items() if value is not None}
    try:
        options = RenderOptions.model_validate(given)
        check_names(options.visual_style, options.tts_provider, options.theme)
        check_shape(RenderSettings.model_validate({**gateway.render_defaults.model_dump(), **given}))
    except ValidationError as error:
        raise PermanentError(ErrorCode.SETTINGS_INVALID, explain(error)) from None
    return options


def _summarise(rendered: Rendered) -> None:
    files = rendered.files
    minutes, seconds = divmod(round(rendered.seconds), 60)
    print(f"{files.film}  {minutes}:{seconds:02d}  {files.bytes / 1e6:.1f} MB")
    print(f"  beside it: {', '.join(path.name for path in files.beside)}")
    print(f"  self-check: {'; '.join(files.found)}")
    print(
        f"  made now: {rendered.scenes_synthesised} scenes synthesised,"
        f" {rendered.frames_encoded} frames encoded"
    )
    told = warning_lines(files.warnings)
    if rendered.script is not None:
        told = [*left_out_lines(rendered.script.left_out), *warning_lines(rendered.script.warnings), *told]
    if told:
        print("".join(f"  {line}\n" for line in told), end="")
