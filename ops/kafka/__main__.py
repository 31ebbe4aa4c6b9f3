"""Apache Kafka on this machine without Docker: ``python3 -m ops.kafka run | start | stop | status``.

Needs Java 17 and Maven and nothing else; works before ``make setup``.
"""

import argparse
import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from ops.kafka.distribution import KafkaUnavailableError
from ops.kafka.node import HOST, START_SECONDS, STOP_SECONDS, KafkaNode
from services.runtime.kafka.probe import NoAnswerError, wait_until_alive

DATA = Path("data/kafka")
PORT = 9092


def say(what: str) -> None:
    """Tell the person at the terminal; standard output carries the address alone."""
    print(f"kafka: {what}", file=sys.stderr, flush=True)


def run(node: KafkaNode) -> int:
    """Run the node in the foreground until Ctrl-C."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with node:
            print(node.bootstrap_servers, flush=True)
            say(f"ready; data in {node.data}, log in {node.log}; stop it with Ctrl-C")
            say(f"use it with: export KAFKA_BOOTSTRAP_SERVERS={node.bootstrap_servers}")
            while node.running:
                time.sleep(0.5)
            say("the broker ended by itself; see its log")
            return 1
    except KeyboardInterrupt:
        say("stopped")
        return 130


def start(node: KafkaNode) -> int:
    """Start the node in the background."""
    if _pid(node) is not None:
        say("it is running already")
        return status(node)
    command = node.command()
    with node.log.open("ab") as output:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
        )
    try:
        wait_until_alive(node.bootstrap_servers, START_SECONDS, lambda: process.poll() is None)
    except (NoAnswerError, KeyboardInterrupt) as error:
        process.kill()
        process.wait()
        raise KafkaUnavailableError(f"Apache Kafka did not start: {error}; see {node.log}") from None
    _pid_file(node).write_text(json.dumps({"pid": process.pid, "bootstrap": node.bootstrap_servers}))
    print(node.bootstrap_servers)
    say(f"running in the background, process {process.pid}; data in {node.data}")
    return 0


def stop(node: KafkaNode) -> int:
    """Stop the node that runs in the background."""
    pid = _pid(node)
    if pid is None:
        say("it is not running")
        return 0
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS
    while _pid(node) is not None:
        if time.monotonic() > deadline:
            say(f"it does not stop within {STOP_SECONDS:g} s; killing it")
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            break
        time.sleep(0.1)
    _pid_file(node).unlink(missing_ok=True)
    say("stopped")
    return 0


def status(node: KafkaNode) -> int:
    """Say whether the node runs in the background; exit code 0 if so, 3 if not."""
    pid = _pid(node)
    if pid is None:
        say("not running")
        return 3
    print(json.loads(_pid_file(node).read_text())["bootstrap"])
    say(f"running, process {pid}")
    return 0


def _pid_file(node: KafkaNode) -> Path:
    return node.data / "background.json"


def _pid(node: KafkaNode) -> int | None:
    """Return the process of the node in the background, if it lives and still is that node."""
    try:
        pid = int(json.loads(_pid_file(node).read_text())["pid"])
    except (OSError, ValueError, KeyError):
        return None
    shown = subprocess.run(
        ["ps", "-ww", "-o", "args=", "-p", str(pid)], capture_output=True, text=True, check=False
    ).stdout
    # Process ids are used again; the properties file in the command line says whose it is.
    return pid if str(node.data / "server.properties") in shown else None


def main() -> int:
    """Read the command line and do it."""
    parser = argparse.ArgumentParser(prog="python3 -m ops.kafka", description=__doc__)
    commands = {"run": run, "start": start, "stop": stop, "status": status}
    parser.add_argument(
        "command", choices=commands, help="run in the foreground, or start/stop/status in the background"
    )
    parser.add_argument("--data", type=Path, default=DATA, help="data folder (default: %(default)s)")
    parser.add_argument(
        "--port", type=int, default=PORT, help=f"port on {HOST}; 0: a free one (default: %(default)s)"
    )
    parser.add_argument("--heap", default="512m", help="Java heap (default: %(default)s)")
    given = parser.parse_args()
    try:
        return commands[given.command](KafkaNode(given.data, port=given.port, heap=given.heap, say=say))
    except (KafkaUnavailableError, OSError) as error:
        say(str(error))
        return 1


if __name__ == "__main__":
    sys.exit(main())
