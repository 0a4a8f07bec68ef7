"""A self-hosted face embedding gallery and verification service."""
