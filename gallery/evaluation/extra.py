"""The packages that only offline work needs."""

from __future__ import annotations

from importlib.util import find_spec

from gallery.errors import ExtraNotInstalled

NEEDED = ("sklearn", "matplotlib")


def require_extra() -> None:
    """Refuse before the slow work when scikit-learn or Matplotlib is not installed."""
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        raise ExtraNotInstalled(
            f"evaluation needs {' and '.join(missing)}; run: pip install 'face-gallery[train]'"
        )
