"""Finding faces in a picture."""
