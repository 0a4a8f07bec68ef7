"""Turning a face crop into 48 numbers."""
