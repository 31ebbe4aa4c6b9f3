"""The writer that asks a language model, and what it believes of the answer."""
