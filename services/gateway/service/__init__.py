"""What the gateway does, for HTTP handlers, Kafka commands and the command line alike."""

from services.gateway.service.core import Clock, NewId
from services.gateway.service.jobs import Created, Jobs
from services.gateway.service.scripts import Scripts

__all__ = ["Clock", "Created", "NewId", "Service"]


class Service(Scripts, Jobs):
    """The gateway's functions; see :class:`services.gateway.service.core.Core` for what it is made of."""
