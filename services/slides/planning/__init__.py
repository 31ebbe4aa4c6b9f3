"""How the planner reads a scene: cleaning, sentences, items, noun forms, icons, emphasis, and its rules."""
