"""The actor engine shared by all services. Knows no stage."""
