"""Lets aiokafka commit for a group only as the member that it was when the commit was asked for.

A member that its coordinator knows no more forgets its id and generation, and a commit without these is one
of a client outside the group: while nobody else has joined, a broker takes it. So a worker of a cluster that
was replaced leaves offsets of the old log in the new one's group, where they look like offsets that whoever
moved the group carried over: records of the new log are passed by. The same becomes of a commit that waits
for its coordinator, and is sent when the member has joined anew. What such a commit says is refused here
instead, as a broker refuses it that knows another generation.

Consumers that were assigned partitions by hand are outside of their group, and commit as before.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aiokafka import TopicPartition
from aiokafka.consumer import consumer
from aiokafka.consumer.group_coordinator import GroupCoordinator
from aiokafka.errors import IllegalGenerationError
from aiokafka.structs import OffsetAndMetadata


@dataclass(frozen=True, slots=True)
class _Asked:
    """Offsets, and the member that they were to be committed as."""

    by: tuple[int, str]
    offsets: Mapping[TopicPartition, OffsetAndMetadata]


class _Member(GroupCoordinator):  # type: ignore[misc]  # aiokafka is untyped
    async def commit_offsets(
        self, assignment: Any, offsets: Mapping[TopicPartition, OffsetAndMetadata]
    ) -> None:
        await super().commit_offsets(assignment, _Asked((self.generation, self.member_id), offsets))

    async def _do_commit_offsets(
        self, assignment: Any, asked: _Asked | Mapping[TopicPartition, OffsetAndMetadata]
    ) -> None:
        generation, _ = member = self.generation, self.member_id
        if not isinstance(asked, _Asked):  # the client commits by itself, now
            asked = _Asked(member, asked)
        if self._subscription.partitions_auto_assigned() and (generation < 0 or member != asked.by):
            raise IllegalGenerationError(self.group_id)
        await super()._do_commit_offsets(assignment, asked.offsets)


def install() -> None:
    """Have every consumer of this process, made from now on, commit so."""
    consumer.GroupCoordinator = _Member
