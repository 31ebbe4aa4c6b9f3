"""What the writer knows of English."""
