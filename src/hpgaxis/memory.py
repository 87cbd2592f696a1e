"""Size of the machine's memory, to refuse work that does not fit."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from .errors import InputError

WHERE_UNKNOWN = 16e9
"""Assumed memory (bytes) if the system does not report it."""
CONTAINER_LIMIT = Path("/sys/fs/cgroup/memory.max")


def memory_size() -> float:
    """Bytes of the machine's memory, or of what a container may use of it."""
    sizes = list[float]()
    try:
        sizes.append(float(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")))
    except (AttributeError, OSError, ValueError):  # Windows has no sysconf
        sizes.append(WHERE_UNKNOWN)
    with suppress(OSError, ValueError):  # no container, or "max"
        sizes.append(float(CONTAINER_LIMIT.read_text(encoding="ascii")))
    return min(sizes)


def check_memory(wanted: float, what: str) -> None:
    """Raise InputError if `what` needs more bytes than the machine has."""
    there = memory_size()
    if wanted > there:
        raise InputError(f"{what} need about {in_bytes(wanted)} of memory, and this machine has {in_bytes(there)}")


def in_bytes(size: float) -> str:
    """A number of bytes as people write it: 512 B, 3.4 kB, 12 GB."""
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if size < 999.5:
            return f"{size:.3g} {unit}"
        size /= 1000
    return f"{size:,.0f} PB"
