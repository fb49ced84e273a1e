"""What the shape of trees tells feature owners of labels: the chance that it ranks a pair of unlike labels rightly.

A feature owner holds, of every tree that it took part in, which rows each node has; rows of one leaf have similar
labels. Suppose it knew the weights of all leaves too, which it does not: adding them up over the shared trees would
rank the rows by label as well as the shared part of the model does. That AUC is what is measured here and bounded by
the terms; who knows fewer weights ranks worse in all attacks that are tests of this project.

It does NOT bound who already knows labels of many rows, or whose own columns predict them without any tree. Sources: Fu
et al., Label Inference Attacks Against Vertical Federated Learning, USENIX Security 2022; Cheng et al. 2021, section 5.
"""

from __future__ import annotations

import numpy as np
from scipy.stats import rankdata

from federated.boosting.loss import Floats


def exposure(labels: Floats, scores: Floats) -> float:
    """Return the largest AUC over outputs.

    Args:
        labels: 0 and 1; of several outputs, the class; of a single output with other labels, a number, which counts as
            one where it is above the median.
        scores: (outputs, rows), what the shared trees add.
    """
    if len(scores) > 1:
        return max(auc((labels == output).astype(float), scores[output]) for output in range(len(scores)))
    return auc((labels > np.median(labels)).astype(float) if _is_number(labels) else labels, scores[0])


def auc(ones: Floats, scores: Floats) -> float:
    """Return the chance that a row of label 1 scores higher than one of label 0, ties counting half; 0.5 for one label.

    >>> auc(np.array([0.0, 1.0, 1.0]), np.array([0.1, 0.4, 0.1]))
    0.75
    """
    count = float(ones.sum())
    pairs = count * (len(ones) - count)
    if not pairs:
        return 0.5
    return float((rankdata(scores)[ones == 1].sum() - count * (count + 1) / 2) / pairs)


def _is_number(labels: Floats) -> bool:
    return not np.isin(labels, (0.0, 1.0)).all()
