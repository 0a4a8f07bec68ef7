"""What training minimises. Backend-neutral: keras.ops only."""

from __future__ import annotations

from typing import Any

from keras import ops

_TINY = 1e-12  # keeps the slope of a square root finite at zero
CENTRE_SCALE, CENTRE_MARGIN = 32.0, 0.2


def pair_distances(embeddings: Any) -> Any:
    """Euclidean distances of the pairs in a batch (2B, 48), rows 2i and 2i + 1 a pair: (B,)."""
    left, right = embeddings[0::2], embeddings[1::2]
    return ops.sqrt(ops.sum(ops.square(left - right), axis=-1) + _TINY)


def contrastive(distance: Any, same: Any, margin: float) -> Any:
    """mean(y d^2 + (1 - y) max(margin - d, 0)^2), y = 1 for the same person.

    Hadsell, Chopra, LeCun 2006, "Dimensionality Reduction by Learning an Invariant Mapping".
    """
    apart = ops.square(ops.maximum(margin - distance, 0.0))
    return ops.mean(same * ops.square(distance) + (1.0 - same) * apart)


def hardest_strangers(embeddings: Any, identity: Any, count: int, margin: float) -> Any:
    """Contrastive loss of the `count` closest pairs of different people in the whole batch.

    identity: (N,) numbers; a negative one is an unknown person and pairs with nobody.
    """
    squared = ops.maximum(2.0 - 2.0 * ops.matmul(embeddings, ops.transpose(embeddings)), 0.0)
    known = identity >= 0
    strangers = ops.logical_and(known[:, None], known[None, :])
    strangers = ops.logical_and(strangers, identity[:, None] != identity[None, :])
    distance = ops.sqrt(squared + _TINY)
    penalty = ops.square(ops.maximum(margin - distance, 0.0))
    penalty = ops.where(strangers, penalty, ops.zeros_like(penalty))
    hardest, _ = ops.top_k(ops.reshape(penalty, (-1,)), 2 * count)  # each pair stands twice
    return ops.mean(hardest)


def point_wise(embeddings: Any, teacher: Any) -> Any:
    """1 - cosine between each embedding and its teacher's, both (N, 48) of unit length."""
    return ops.mean(1.0 - ops.sum(embeddings * teacher, axis=-1))


def relational(embeddings: Any, teacher: Any) -> Any:
    """Mean squared difference of the two similarity matrices of a batch (Park et al. 2019)."""
    ours = ops.matmul(embeddings, ops.transpose(embeddings))
    theirs = ops.matmul(teacher, ops.transpose(teacher))
    return ops.mean(ops.square(ours - theirs))


def nearest_centre(embeddings: Any, centres: Any, identity: Any, spread: float = 1.0) -> Any:
    """Cross-entropy of which person's centre is the nearest, the own one put farther by a margin.

    embeddings: (N, 48). centres: (P, 48), both of unit length and the centres fixed. identity:
    (N,) rows of centres; a negative one is an unknown person and does not count. spread: mean
    squared distance of all points from their mean, in which cosines differ. CosFace (Wang et
    al. 2018, arXiv:1801.09414) with the teacher's centres for weights: each crop is held against
    every person, where a batch of pairs has only few.
    """
    cosine = ops.matmul(embeddings, ops.transpose(centres))
    own = ops.one_hot(identity, ops.shape(centres)[0], dtype="float32")
    logits = CENTRE_SCALE * (cosine / spread - CENTRE_MARGIN * own)
    surprise = ops.logsumexp(logits, axis=-1) - ops.sum(own * logits, axis=-1)
    known = ops.cast(identity >= 0, "float32")
    return ops.sum(known * surprise) / ops.maximum(ops.sum(known), 1.0)
