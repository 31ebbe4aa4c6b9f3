"""Narration to speech: text is read out, pronounced, spoken by a voice, timed sentence by sentence."""
