"""The databases below the ledger: opened, migrated, led, written in groups."""
