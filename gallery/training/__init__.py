"""Training the embedder: crops, pairs, network, losses, stages, export. Needs the `train` extra."""
