"""Processes, their memory and the work they did: on a busy machine CPU seconds say what the clock can't."""

from __future__ import annotations

from typing import Any

from extractor.errors import MissingExtra


def family(pid: int) -> list[Any]:
    """A process and all that descend from it; none where it is gone. Raises MissingExtra without psutil."""
    try:
        import psutil
    except ImportError as error:
        raise MissingExtra("psutil is not installed.", hint="Install it: pip install 'tailor[dev]'.") from error
    try:
        first = psutil.Process(pid)
        return [first, *first.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def workers(pid: int) -> list[int]:
    """The worker processes of a service."""
    return [each.pid for each in family(pid) if "spawn_main" in " ".join(_told(each.cmdline, []))]


def shares(pid: int) -> tuple[int, list[tuple[int, float]]]:
    """Bytes of a service's own process (with helpers that don't read), and bytes and CPU seconds of each worker."""
    reading = set(workers(pid))
    own, others = 0, []
    for each in family(pid):
        if each.pid not in reading:
            own += _told(lambda each=each: _share(each), 0)
        elif found := _told(lambda each=each: (_share(each), sum(each.cpu_times()[:2])), None):
            others.append(found)
    return own, others


def _share(process: Any) -> int:
    """The proportional share of a process, where the system tells it; else what is resident."""
    full = process.memory_full_info()
    return int(getattr(full, "pss", full.rss))


def cpu_seconds(pid: int) -> float:
    """What a process and its living descendants have used of all cores so far."""
    return float(sum(_told(lambda each=each: sum(each.cpu_times()[:2]), 0.0) for each in family(pid)))


def _told(ask: Any, otherwise: Any) -> Any:
    """What a process says; `otherwise` where it has gone meanwhile."""
    import psutil

    try:
        return ask()
    except psutil.Error:
        return otherwise
