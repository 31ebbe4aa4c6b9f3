"""The ledger: scripts, jobs, progress and the outbox, as plain synchronous functions of a connection."""
