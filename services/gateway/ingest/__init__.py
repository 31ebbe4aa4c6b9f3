"""What the gateway takes from Kafka: commands, and what stages tell."""
