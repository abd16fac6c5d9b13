"""How well a ranking finds the evidence."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from statistics import fmean

from attrs import fields, frozen


@frozen(kw_only=True)
class Metrics:
    """Of one question, or the means of many; each 0 to 1."""

    recall_1: float
    """The share of the evidence among the first entry; likewise below among the first 5, the first 10."""
    recall_5: float
    recall_10: float
    group_1: float
    """The share of the sessions or documents with evidence that come first; likewise below of the first 5."""
    group_5: float
    reciprocal_rank: float
    """1 divided by the place of the first entry of the evidence; 0 if there is none."""
    ndcg_10: float
    """The gain of the evidence among the first 10, discounted by place, in shares of the best order (Jarvelin and
    Kekalainen, "Cumulated Gain-based Evaluation of IR Techniques" (2002))."""


def measured(ranking: Sequence[str], evidence: Collection[str], group_of: Mapping[str, str]) -> Metrics:
    """The metrics of one ranking of ids, the best first."""
    places = [place for place, entry_id in enumerate(ranking, start=1) if entry_id in evidence]
    groups = list(dict.fromkeys(group_of[entry_id] for entry_id in ranking))
    wanted = {group_of[entry_id] for entry_id in evidence}
    ideal = sum(1 / math.log2(1 + place) for place in range(1, min(len(evidence), 10) + 1))
    return Metrics(
        recall_1=sum(place <= 1 for place in places) / len(evidence),
        recall_5=sum(place <= 5 for place in places) / len(evidence),
        recall_10=sum(place <= 10 for place in places) / len(evidence),
        group_1=len(wanted & set(groups[:1])) / len(wanted),
        group_5=len(wanted & set(groups[:5])) / len(wanted),
        reciprocal_rank=1 / places[0] if places else 0.0,
        ndcg_10=sum(1 / math.log2(1 + place) for place in places if place <= 10) / ideal,
    )


def mean(metrics: Iterable[Metrics]) -> Metrics:
    """The mean of each."""
    every = list(metrics)
    return Metrics(**{field.name: fmean(getattr(one, field.name) for one in every) for field in fields(Metrics)})
