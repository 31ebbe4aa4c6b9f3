"""What travels between Lectern's processes: commands, events, script and render-spec models, topics, errors.

Imports nothing from ``services``: a backend may install and use this package alone.
"""
