"""The HTTP API and the web page."""

from api.application import create_app

__all__ = ["create_app"]
