"""What operators see: logs, metrics, traces, and nothing secret in any of them."""
