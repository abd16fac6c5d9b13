"""The tables of the documentation, in Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from statistics import fmean

from attrs import frozen

from benchmarks.quality.asking import Answer, Where, everybody, metrics_of, own
from benchmarks.quality.corpus import KINDS, Corpus, chats, documents
from benchmarks.quality.metrics import Metrics, mean
from benchmarks.quality.rules import RULES

WORDS, VECTORS, FUSED = "words alone", "vectors alone", "Axon"


@frozen
class Setting:
    """Questions, and among what they are asked."""

    name: str
    corpus: Corpus
    where: Where


@frozen
class Asked:
    """A setting with the answers."""

    setting: Setting
    answers: Sequence[Answer]

    def of_kind(self, kind: str) -> list[Answer]:
        """The answers to the questions of one kind."""
        return [answer for answer in self.answers if answer.question.kind == kind]


def settings() -> list[Setting]:
    """Each user's chats, the chats of all, the documents, and all in one store without a filter."""
    turns, sections = chats(), documents()
    return [
        Setting("own chats", turns, own),
        Setting("all chats", turns, everybody),
        Setting("documents", sections, everybody),
        Setting("all in one", turns + sections, everybody),
    ]


def words(asked: Iterable[Asked]) -> str:
    """All metrics of words alone."""
    rows = []
    for each in asked:
        corpus = each.setting.corpus
        metrics = metrics_of(each.answers, corpus.group_of, RULES[WORDS])
        rows.append([each.setting.name, str(len(corpus.entries)), str(len(metrics)), *_all_of(metrics)])
    columns = (
        "", "entries", "questions", "recall@1", "recall@5", "recall@10", "session or document recall@1", "recall@5",
        "MRR", "nDCG@10",
    )  # fmt: skip
    return _table(columns, rows)


def held_out(found: Mapping[str, Sequence[Metrics]]) -> str:
    """All metrics, by the name of the row."""
    rows = [[name, str(len(metrics)), *_all_of(metrics)] for name, metrics in found.items()]
    columns = (
        "", "questions", "recall@1", "recall@5", "recall@10", "session recall@1", "recall@5", "MRR", "nDCG@10",
    )  # fmt: skip
    return _table(columns, rows)


def held_out_rules(found: Mapping[str, Mapping[str, Sequence[Metrics]]]) -> str:
    """Recall@5 and MRR by the name of the embedder, and of the rule."""
    rows: dict[str, list[str]] = {}
    for by_rule in found.values():
        for name, metrics in by_rule.items():
            figures = mean(metrics)
            shown = figures.recall_5, figures.group_5, figures.reciprocal_rank
            rows.setdefault(name, []).extend(map(_figure, shown))
    columns = [part for name in found for part in (f"{name}: recall@5", "session recall@5", "MRR")]
    return _table(("", *columns), [[name, *row] for name, row in rows.items()])


def rules(asked: Iterable[Asked]) -> str:
    """Recall@5 and MRR of all rules of fusion, with one embedder."""
    every = list(asked)
    rows = []
    for name, rule in RULES.items():
        row = [name]
        for each in every:
            figures = mean(metrics_of(each.answers, each.setting.corpus.group_of, rule))
            row += [_figure(figures.recall_5), _figure(figures.reciprocal_rank)]
        rows.append(row)
    columns = [part for each in every for part in (f"{each.setting.name}: recall@5", "MRR")]
    return _table(("", *columns), rows)


def kinds(asked: Sequence[Asked], names: Sequence[str]) -> str:
    """Recall@5 and MRR by kind of question, of the rules with ``names``."""
    rows = []
    for kind in KINDS:
        found = [(each, each.of_kind(kind)) for each in asked]
        row = [kind, str(sum(len(answers) for _, answers in found))]
        for name in names:
            figures = mean(
                one for each, answers in found for one in metrics_of(answers, each.setting.corpus.group_of, RULES[name])
            )
            row += [_figure(figures.recall_5), _figure(figures.reciprocal_rank)]
        rows.append(row)
    return _table(("kind", "questions", *(part for name in names for part in (f"{name}: recall@5", "MRR"))), rows)


def negatives(asked: Iterable[Asked]) -> str:
    """The best score of a question that has an answer, and of one that has none."""
    rows: dict[str, list[str]] = {WORDS: [], FUSED: []}
    for each in asked:
        for name, column in rows.items():
            scores: Mapping[bool, list[float]] = {False: [], True: []}
            for answer in each.answers:
                hits = answer.by_text if name == WORDS else answer.fused
                scores[answer.is_negative].append(hits[0].score if hits else 0.0)
            above = fmean(known > unknown for known in scores[False] for unknown in scores[True])
            column += [_figure(fmean(scores[False])), _figure(fmean(scores[True])), _figure(above)]
    columns = [
        part for each in asked for part in (f"{each.setting.name}: with answer", "without", "in the right order")
    ]
    return _table(("", *columns), [[name, *row] for name, row in rows.items()])


def _all_of(metrics: Iterable[Metrics]) -> list[str]:
    figures = mean(metrics)
    shown = (
        figures.recall_1, figures.recall_5, figures.recall_10, figures.group_1, figures.group_5,
        figures.reciprocal_rank, figures.ndcg_10,
    )  # fmt: skip
    return list(map(_figure, shown))


def _figure(value: float) -> str:
    return f"{value:.3f}"


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [columns, ["---"] + ["---:"] * (len(columns) - 1), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
