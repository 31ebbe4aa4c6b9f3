"""What is spoken with Kafka: producing, asking, and what aiokafka does not do by itself."""
