"""Rows of nested values, for tables that people read."""

from cli.output import flattened


def test_objects_of_a_list_are_told_apart_by_their_names() -> None:
    stages = [{"name": "distil", "epochs": 28}, {"name": "siamese", "loss": {"mined": 64}}]
    assert list(flattened({"stages": stages})) == [
        ("stages distil epochs", "28"),
        ("stages siamese loss mined", "64"),
    ]


def test_numbers_are_rounded_and_truths_are_words() -> None:
    values = {"pairs": 19776311, "rate": 0.00099998427, "mirrored": True, "folds": [1.0, 2.5]}
    assert list(flattened(values)) == [
        ("pairs", "19,776,311"),
        ("rate", "0.000999984"),
        ("mirrored", "yes"),
        ("folds", "1, 2.5"),
    ]
