"""Composition: pictures and speech to segments, segments to the film."""
