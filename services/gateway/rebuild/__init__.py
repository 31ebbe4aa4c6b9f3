"""Makes the ledger's database again from what the gateways wrote into the log."""
