"""The self-check: what the finished, decoded film really is, beside what it was planned to be."""
