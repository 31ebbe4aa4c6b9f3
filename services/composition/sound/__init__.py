"""The film's sound: samples, loudness, limiter, AAC."""
