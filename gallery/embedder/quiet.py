"""Keeps one known line of the runtime off standard error."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

_CHATTER = b"INFO: Created TensorFlow Lite XNNPACK delegate for CPU."


@contextmanager
def without_delegate_notice() -> Iterator[None]:
    """Drop LiteRT's notice, which its C++ code writes once a process and no setting silences.

    Whatever else reaches file descriptor 2 meanwhile, from any thread, is written afterwards.
    """
    sys.stderr and sys.stderr.flush()
    try:
        stderr = os.dup(2)
    except OSError:  # standard error is closed
        yield
        return
    with tempfile.TemporaryFile() as aside:
        os.dup2(aside.fileno(), 2)
        try:
            yield
        finally:
            sys.stderr and sys.stderr.flush()
            os.dup2(stderr, 2)
            os.close(stderr)
            aside.seek(0)
            rest = [line for line in aside.readlines() if line.rstrip() != _CHATTER]
            if rest:
                os.write(2, b"".join(rest))
