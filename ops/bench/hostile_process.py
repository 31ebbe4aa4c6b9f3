"""Processes beside the one that measures: each obeys commands and answers, a JSON object a line."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from ops.bench.gateway_rig import Measured


class Helper:
    """A process that obeys; see :func:`obey`."""

    def __init__(self, name: str, process: asyncio.subprocess.Process) -> None:
        self._name = name
        self._process = process
        self.measured = Measured(process.pid)

    async def ask(self, command: str, **arguments: Any) -> dict[str, Any]:
        """Have something done and return what is answered.

        Raises:
            RuntimeError: the process has ended.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"command": command, **arguments}).encode() + b"\n")
        line = await self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self._name} has ended: see above")
        answer: dict[str, Any] = json.loads(line)
        return answer


@asynccontextmanager
async def helper(module: str, *arguments: str) -> AsyncIterator[Helper]:
    """Run ``python -m module`` until the end of the block."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, *arguments,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=1 << 20,
    )  # fmt: skip
    try:
        yield Helper(module, process)
    finally:
        assert process.stdin is not None
        process.stdin.close()
        await process.wait()


async def obey(who: object) -> None:
    """Call methods of ``who`` by what stands in the standard input's lines, until it ends."""
    reader = asyncio.StreamReader(limit=1 << 20)
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )
    while line := await reader.readline():
        command = json.loads(line)
        answer = await getattr(who, command.pop("command"))(**command)
        print(json.dumps(answer), flush=True)
