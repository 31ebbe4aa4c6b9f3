"""One scene: its pictures to the packets of a segment file."""
