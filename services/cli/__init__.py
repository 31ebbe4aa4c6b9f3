"""The ``lectern`` command."""
