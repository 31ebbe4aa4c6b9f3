"""The film: segments, sound, subtitles and chapters to one MP4."""
