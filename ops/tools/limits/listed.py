"""Which constants and settings are limits that others depend on, by what they bound.

A new limit is one line, in ``clients.py`` or ``work.py``; ``make limits`` then writes the table of
SECURITY.md anew, and a test holds the two together. ``python -m ops.tools.limits --unlisted`` prints what
looks like a limit and is not listed.
"""

from collections.abc import Mapping

from ops.tools.limits.clients import CLIENTS
from ops.tools.limits.read import Limit
from ops.tools.limits.work import WORK

LISTED: Mapping[str, tuple[Limit, ...]] = {**CLIENTS, **WORK}
