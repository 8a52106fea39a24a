"""What messages say of the labels, as features: scores by text models that never saw the label of what they score."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from data.vocabulary import Task
from models.text import TextModel
from training.learning.text_fit import cross_fit_scores, fit_text

Floats = NDArray[np.float64]
Messages = Sequence[str | None]


def message_scores(
    task: Task, messages: Messages, truth: NDArray[np.int64], end: int, exceptions: NDArray[np.int64]
) -> tuple[TextModel | None, Floats | None]:
    """The text model and the scores float64[n, labels] to train on; nothing for a risk or without messages.

    Rows before `end` are scored by models of earlier rows of other `exceptions`, the others by the model that is given,
    which learned from all rows before `end`.
    """
    if task.is_risk or all(message is None for message in messages[:end]):
        return None, None
    model = fit_text(messages[:end], truth[:end], task.labels)
    earlier = cross_fit_scores(messages[:end], truth[:end], task.labels, exceptions=exceptions[:end])
    return model, np.vstack([earlier, model.scores_batch(messages[end:])])
