"""The models on disk: where they lie, what their cards say, and whether their files are whole."""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gallery.domain.strangers import StrangerRates
from gallery.errors import ModelUnavailable

DEFAULT_MODEL = "residual-48-v8"
CARD_FILE, SERVING_FILE = "card.json", "model.tflite"
_MODELS = Path(__file__).parent / "models"


@dataclass(frozen=True)
class ModelCard:
    """What card.json says about one trained model.

    threshold: the distance that the model was scaled for. parameters: number of weights.
    recipe, data, figures: nested JSON values, meant to be shown.
    """

    model_id: str
    tflite_sha256: str
    threshold: float
    architecture: str
    parameters: int
    purpose: str
    data: Mapping[str, Any]
    figures: Mapping[str, Any]
    limits: tuple[str, ...]
    created: str | None = None
    scale: float | None = None
    keras_sha256: str | None = None
    recipe: Mapping[str, Any] | None = None

    @property
    def greatest_distance(self) -> float | None:
        """Of any two held-out faces, else of opposite points on the sphere of the embeddings."""
        with contextlib.suppress(KeyError, TypeError, ValueError):
            return float(self.figures["held_out_people"]["greatest_distance"])
        return None if self.scale is None else 2 * self.scale


@dataclass(frozen=True)
class PairRates:
    """How often a verdict on two photos is wrong: shares of the stranger and the genuine pairs."""

    false_match: float
    false_non_match: float


def read_card(folder: Path) -> ModelCard:
    """The card of the model in a folder; ModelUnavailable when it is missing or makes no sense."""
    path = folder / CARD_FILE
    try:
        fields = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise _unavailable(path, f"cannot be read ({error.strerror})") from error
    except ValueError as error:
        raise _unavailable(path, f"is not JSON ({error})") from error
    if not isinstance(fields, dict):
        raise _unavailable(path, "is not a JSON object")
    try:
        return _card(fields)
    except (KeyError, TypeError, ValueError) as error:
        what = f"no {error}" if isinstance(error, KeyError) else str(error)
        raise _unavailable(path, f"is not a model card: {what}") from error


def read_model(folder: Path) -> tuple[ModelCard, bytes]:
    """The card and the bytes of model.tflite, which are those that the card was written for."""
    card = read_card(folder)
    path = folder / SERVING_FILE
    try:
        network = path.read_bytes()
    except OSError as error:
        raise _unavailable(path, f"cannot be read ({error.strerror})") from error
    if hashlib.sha256(network).hexdigest() != card.tflite_sha256:
        raise _unavailable(path, "is damaged: its SHA-256 is not the one in its card")
    return card, network


def shipped_models() -> tuple[ModelCard, ...]:
    """The cards of all models that came with the program, the default model first."""
    folders = (path.parent for path in _MODELS.glob(f"*/{CARD_FILE}"))
    cards = (read_card(folder) for folder in folders)
    return tuple(sorted(cards, key=lambda card: (card.model_id != DEFAULT_MODEL, card.model_id)))


def default_model_folder(model_id: str | None = None) -> Path:
    """The folder of a shipped model by its id, or of the default one.

    A text with a path separator is a folder that `gallery train` wrote.
    """
    if model_id is not None and ("/" in model_id or "\\" in model_id):
        return Path(model_id).expanduser()
    name = model_id or DEFAULT_MODEL
    shipped = sorted(path.parent.name for path in _MODELS.glob(f"*/{CARD_FILE}"))
    if name not in shipped:
        raise ModelUnavailable(
            f"there is no model {name!r}; shipped are: {', '.join(shipped) or 'none'}. "
            "Give one of these, or the path of a folder that `gallery train` wrote"
        )
    return _MODELS / name


def lfw_figures(view: int, detector: str) -> str:
    """What the figures of a view of LFW are called on a card; the default detector goes unsaid."""
    return f"lfw_view_{view}{'' if detector == 'yunet' else f'_{detector}'}"


def stranger_rates(card: ModelCard, benchmark: str, threshold: float) -> StrangerRates | None:
    """FPIR at a threshold as a benchmark recorded it; None where it says nothing of that."""
    with contextlib.suppress(KeyError, TypeError, ValueError, AttributeError):
        rates = card.figures[benchmark][f"fpir_at_{threshold:g}"]
        return StrangerRates(tuple(map(int, rates)), tuple(map(float, rates.values())))
    return None


def pair_rates(card: ModelCard, benchmark: str, threshold: float) -> PairRates | None:
    """FMR and FNMR at a threshold as a benchmark recorded them; None where it says nothing."""
    with contextlib.suppress(KeyError, TypeError, ValueError, AttributeError, IndexError):
        told = card.figures[benchmark][f"at_{threshold:g}"]
        # "0.0017 (0.0007 to 0.0039)": the rate, and its interval
        return PairRates(*(float(told[name].split()[0]) for name in ("fmr", "fnmr")))
    return None


def strangers_at_least(card: ModelCard, threshold: float) -> float | None:
    """The greatest false match rate noted for this or a lower threshold; None where none is."""
    with contextlib.suppress(KeyError, TypeError, ValueError, AttributeError):
        noted = card.figures["held_out_people"]["at_false_match_rate"].items()
        return max(
            (float(rate) for rate, at in noted if at["threshold"] <= threshold), default=None
        )
    return None


def record_figures(folder: Path, name: str, figures: Mapping[str, Any]) -> None:
    """Put the figures of an evaluation into the card of the model in a folder, under a name."""
    read_card(folder)
    path = folder / CARD_FILE
    fields = json.loads(path.read_text(encoding="utf-8"))
    fields["figures"][name] = dict(figures)
    written = path.with_suffix(".new")
    text = json.dumps(fields, indent=2, ensure_ascii=False, allow_nan=False)
    written.write_text(text + "\n", encoding="utf-8")
    written.replace(path)


def _card(fields: dict[str, Any]) -> ModelCard:
    optional = {name: fields[name] for name in ("created", "keras_sha256") if fields.get(name)}
    return ModelCard(
        model_id=_text(fields, "model_id"),
        tflite_sha256=_text(fields, "tflite_sha256").lower(),
        threshold=_positive(fields["threshold"], "threshold"),
        architecture=_text(fields, "architecture"),
        parameters=int(_positive(fields["parameters"], "parameters")),
        purpose=_text(fields, "purpose"),
        data=_mapping(fields["data"], "data"),
        figures=_mapping(fields["figures"], "figures"),
        limits=tuple(str(limit) for limit in _list(fields["limits"], "limits")),
        scale=None if fields.get("scale") is None else _positive(fields["scale"], "scale"),
        recipe=_mapping(fields.get("recipe") or {}, "recipe"),
        **optional,
    )


def _text(fields: dict[str, Any], name: str) -> str:
    value = fields[name]
    if not (isinstance(value, str) and value):
        raise ValueError(f"{name} is not a text")
    return value


def _positive(value: object, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{name} is not a number")
    if not (math.isfinite(value) and value > 0):
        raise ValueError(f"{name} is {value}; a finite number above 0 is needed")
    return float(value)


def _mapping(value: object, name: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(f"{name} is not an object")
    return value


def _list(value: object, name: str) -> list[Any]:
    if not isinstance(value, list):
        raise ValueError(f"{name} is not a list")
    return value


def _unavailable(file: Path, what: str) -> ModelUnavailable:
    folder = file.parent
    advice = (
        "Install face-gallery again" if folder.is_relative_to(_MODELS) else "Train the model again"
    )
    message = f"model {folder.name} cannot be used: {file.name} {what}. {advice}"
    return ModelUnavailable(message, operator=folder)
