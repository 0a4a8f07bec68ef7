"""The database: the truth about who is enrolled."""
