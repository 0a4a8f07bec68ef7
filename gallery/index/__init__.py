"""The nearest of many: a cache of the faces in the database."""
