"""What belongs to the service beside reading: a job queue, the page. Each is a room with routes of its own."""

from __future__ import annotations

from serving.app import Room
from serving.jobs.room import JobRoom
from serving.page.room import Page
from serving.settings import ServiceSettings


def all_rooms(settings: ServiceSettings) -> tuple[Room, ...]:
    """The rooms of `tailor serve`, in the order in which they are entered. Raises UsageError where one can't be had."""
    return (JobRoom(settings), Page(settings))
