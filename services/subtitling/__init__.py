"""Spoken scene to subtitled scene: cues within the delivery limits, timed from the sentence times."""
