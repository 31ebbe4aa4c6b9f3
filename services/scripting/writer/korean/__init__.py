"""What the writer knows of Korean."""
