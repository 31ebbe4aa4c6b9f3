"""Written text as it is read out."""
