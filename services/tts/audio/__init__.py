"""Samples: arithmetic, loudness, and narrations recorded to files."""
