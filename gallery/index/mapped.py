"""An array in a mapped file: the system keeps in memory what is used and takes back the rest."""

from __future__ import annotations

import logging
import os
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

log = logging.getLogger(__name__)


def mapped(shape: tuple[int, ...], folder: Path) -> NDArray[np.float32] | None:
    """Zeros in a file without a name, gone with the array; None where there is no room for it.

    Its blocks are reserved first: a page that finds the disk full would kill the process.
    """
    size = int(np.prod(shape)) * 4
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            os.posix_fallocate(file.fileno(), 0, size)
            return np.asarray(np.memmap(file, np.float32, "r+", shape=shape))
    except (AttributeError, OSError) as error:  # no posix_fallocate off Unix
        log.warning("the index keeps %d bytes in memory: no file in %s: %s", size, folder, error)
        return None
