"""Figures about the program, measured on people that the model never saw."""
