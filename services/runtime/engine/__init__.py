"""How records become work: intake, lanes, processing, retries, offsets, and what heals it."""
