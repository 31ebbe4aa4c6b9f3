"""What the gateway does, for HTTP handlers, Kafka commands and the command line alike."""

from services.gateway.service.core import Clock, NewId
from services.gateway.service.creates import Created
from services.gateway.service.scripts import Scripts
from services.gateway.service.start_jobs import JobStart, Started, Starts

__all__ = ["Clock", "Created", "JobStart", "NewId", "Service", "Started"]


class Service(Scripts, Starts):
    """The gateway's functions; see :class:`services.gateway.service.core.Core` for what it is made of."""
