"""The actor engine shared by all services. Knows no stage."""

from services.runtime.batches import read_any_header_name

read_any_header_name()  # before any consumer is made, whoever makes it
