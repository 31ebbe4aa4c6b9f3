"""Open connections of viewers: WebSockets and event streams, frame by frame."""
