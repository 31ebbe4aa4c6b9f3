"""The ledger's database in a chaos run: PostgreSQL, or the gateway's own SQLite file."""

import contextlib
import sqlite3
import time
from pathlib import Path

SQLITE, POSTGRES = "sqlite", "postgres"
DATABASES = (SQLITE, POSTGRES)


def hold(file: Path, seconds: float) -> bool:
    """Hold SQLite's one write lock; blocking. Tells whether it could be had."""
    try:
        with contextlib.closing(sqlite3.connect(file, timeout=10, isolation_level=None)) as held:
            held.execute("BEGIN IMMEDIATE")
            time.sleep(seconds)
            held.execute("ROLLBACK")
    except sqlite3.OperationalError:
        return False
    return True
