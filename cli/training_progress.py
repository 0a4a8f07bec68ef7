"""The progress bar of training, on standard error."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import Any, Self

import keras
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn


class TrainingProgress(keras.callbacks.Callback):
    """A bar of the epoch's batches on a terminal; everywhere a line when an epoch ends."""

    def __init__(self) -> None:
        super().__init__()
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.completed:,.0f} of {task.total:,.0f} batches"),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            disable=not sys.stderr.isatty(),
        )
        self._task = self._progress.add_task("training", total=None, visible=False)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._progress.stop()

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        label = f"epoch {epoch + 1} of {self.params['epochs']}"
        self._progress.reset(
            self._task, total=self.params["steps"], description=label, visible=True
        )

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        self._progress.update(self._task, completed=batch + 1)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        figures = logs or {}
        self._progress.console.print(
            f"epoch {epoch + 1}: loss {figures.get('loss', 0):.4f}, "
            f"test loss {figures.get('val_loss', 0):.4f}",
            highlight=False,
        )
