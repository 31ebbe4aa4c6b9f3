"""Calls to others: what a server on the other side may cost us, and where a call may go."""
