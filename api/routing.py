"""Row ids in addresses."""

from __future__ import annotations

from werkzeug.routing import BaseConverter


class RowId(BaseConverter):
    """1 to 10^18 - 1, so that it fits a database's 64 bits; at any other there is nothing."""

    regex = r"[1-9][0-9]{0,17}"

    def to_python(self, value: str) -> int:
        return int(value)
