"""What every HTTP server of ours keeps: budgets of connections and messages, probes, problem documents."""
