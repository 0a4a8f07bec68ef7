"""From bytes to an upright picture, from a face to the crop that the network reads."""
