"""Voices: what each can do, the table of them, and what the offline one needs."""
