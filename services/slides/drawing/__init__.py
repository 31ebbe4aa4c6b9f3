"""What is drawn: sheets, shapes, icons, themes, and the painter."""
