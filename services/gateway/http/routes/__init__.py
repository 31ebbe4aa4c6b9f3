"""The routes, each beside what it may be called by."""
