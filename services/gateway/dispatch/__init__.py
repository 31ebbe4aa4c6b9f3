"""What leaves the gateway by itself: events to Kafka, webhooks to the backend."""
