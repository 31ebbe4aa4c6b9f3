"""Jobs in the ledger: created, read, changed, and the events of it."""
