"""The slides stage: a scene in, a visual plan and its pictures out."""
