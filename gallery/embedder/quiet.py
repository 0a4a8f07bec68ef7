"""Keeps known lines of the runtimes off standard error."""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

DELEGATE_NOTICE = rb"INFO: Created TensorFlow Lite XNNPACK delegate for CPU\.\s*\Z"
"""LiteRT's, once a process, with the first interpreter."""

TENSORFLOW_NOTICES = rb"WARNING: All log messages before absl|I0000 "
"""TensorFlow's when it is imported; of version 2.21 TF_CPP_MIN_LOG_LEVEL does not silence them."""


@contextmanager
def without_lines(pattern: bytes) -> Iterator[None]:
    """Drop lines that C++ code writes and no setting silences, by a pattern they begin with.

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
            rest = [line for line in aside.readlines() if not re.match(pattern, line)]
            if rest:
                os.write(2, b"".join(rest))
