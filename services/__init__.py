"""Lectern's processes: the engine (``runtime``), six stage actors, the gateway and the command line."""
