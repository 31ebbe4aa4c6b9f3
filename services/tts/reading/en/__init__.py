"""Written English as it is read out: one module for each kind."""
