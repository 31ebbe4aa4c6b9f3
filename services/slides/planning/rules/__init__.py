"""Rules from a scene to a plan, by what the scene says."""
