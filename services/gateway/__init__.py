"""The gateway: HTTP and WebSocket in front, the job ledger behind, Kafka beside it."""
