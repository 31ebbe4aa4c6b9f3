"""Source text to script, and render spec to scenes."""
