"""The writer that needs no model: sentences of the source to chapters and scenes."""
