"""BM25, scaled to 0..1.

Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond" (2009), with the
idf of Lucene, ``ln(1 + (n - df + 0.5) / (df + 0.5))``, which is never negative, and without the constant
factor ``k1 + 1``. Every term then adds at most its idf, and a score divided by the sum of the query's
idfs says which share of the query's weight an entry holds: scores of different tiers can be compared.
"""

from __future__ import annotations

import math
from typing import Any

K1 = 0.9
B = 0.4
"""Those of Anserini (Yang, Fang and Lin 2017). On our questions they find more than the textbook's 1.2 and 0.75:
turns and sections are short, and how long one is says little about how much it is about the query."""


def idf(document_frequency: float, documents: int) -> float:
    """The weight of a term that ``document_frequency`` of ``documents`` entries hold."""
    return math.log(1 + (documents - document_frequency + 0.5) / (document_frequency + 0.5))


def saturation(frequency: Any, length: Any, average_length: float) -> Any:
    """How much of a term's weight an entry gets, 0 to 1: for numbers, or for numpy arrays of one shape.

    ``frequency`` is how often the entry holds the term, ``length`` how many words it has.
    """
    return frequency / (frequency + (K1 * (1 - B) + (K1 * B / average_length) * length))


TAG_WEIGHT = saturation(1.0, 1.0, 1.0)
"""The saturation of a tag that equals the query or a word of it: that of a word, once, in an average text."""
