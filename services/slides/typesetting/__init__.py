"""Text set into lines: shaping, measuring, breaking, fitting."""
