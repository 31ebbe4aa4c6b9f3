"""A source as people write it, to blocks of plain text."""
