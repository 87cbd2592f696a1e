"""Where what takes time to make is kept on disk."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


def cache_folder() -> Path:
    """Where it is kept: $HPGAXIS_CACHE, else the user's cache folder, else a temporary one."""
    candidates = [os.environ.get("HPGAXIS_CACHE"), Path.home() / ".cache" / "hpgaxis"]
    for candidate in candidates:
        if candidate is None:
            continue
        folder = Path(candidate)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if os.access(folder, os.W_OK):
                return folder
        except OSError:
            continue
    return Path(tempfile.mkdtemp(prefix="hpgaxis-"))
