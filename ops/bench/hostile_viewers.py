"""The honest viewers of a gateway under attack, as :mod:`ops.bench.gateway_viewers` holds them.

They come from many addresses and with several tokens, so that no limit of one caller is theirs.
"""

import argparse
import asyncio
import socket

import uvloop

from ops.bench.gateway_client import Socket
from ops.bench.gateway_rig import SECRET
from ops.bench.gateway_viewers import Viewers, serve

PER_ADDRESS = 20
PER_TOKEN = 50
TOKENS = 40


def viewer_secret(number: int) -> str:
    """Return the token of a viewer."""
    return f"{SECRET}-viewer-{number // PER_TOKEN % TOKENS}"


class HonestViewers(Viewers):
    """Viewers of many addresses and tokens."""

    async def _open(self, path: str, video: int | None) -> Socket:
        number, self._made = self._made, self._made + 1
        place = number // PER_ADDRESS
        connection = socket.socket()
        connection.setblocking(False)  # noqa: FBT003
        connection.bind((f"127.2.{place // 250}.{1 + place % 250}", 0))
        loop = asyncio.get_running_loop()
        await loop.sock_connect(connection, ("127.0.0.1", next(self._ports)))
        secret = viewer_secret(number)
        _, made = await loop.create_connection(lambda: Socket(path, video, self, secret), sock=connection)
        await made.opened
        return made


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    uvloop.run(serve(HonestViewers([parser.parse_args().port])))
