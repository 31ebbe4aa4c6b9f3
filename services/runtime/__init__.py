"""The actor engine shared by all services. Knows no stage."""

from services.runtime.batches import read_any_batch

read_any_batch()  # before any consumer is made, whoever makes it
