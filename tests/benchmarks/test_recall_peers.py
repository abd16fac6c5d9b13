"""Those that recall by words or by a tag, in processes of their own: each finds what is there to be found."""

from __future__ import annotations

import json
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from benchmarks import peers
from benchmarks.contenders import recall
from benchmarks.recall_peers import PEERS, TAG, WORDS
from benchmarks.texts import Texts
from benchmarks.worker_process import WorkerProcess
from redis_servers.server import Server

COUNT = 60
GROUPS = 3
ROWS = [
    {
        "text": f"{'kettle and ' * (number % 5 == 0)}{'lantern and ' * (number % 15 == 0)}number {number}",
        "tags": [f"group-{number % GROUPS}", "all"],
        "user_id": f"user-{number % 7}",
    }
    for number in range(COUNT)
]


@contextmanager
def filled(contender: str, folder: Path):
    """A worker that has the rows, where those beside Axon are installed: 1.2 GB are nothing for a test to install."""
    if not peers.are_there():
        pytest.skip("those beside Axon are installed by `make bench` alone")
    if peers.missing():
        pytest.skip("; ".join(peers.missing()))
    entries = folder / "entries.jsonl"
    entries.write_text("".join(json.dumps(row) + "\n" for row in ROWS), encoding="utf-8")
    with ExitStack() as stack:
        port = stack.enter_context(Server()).port if "redis" in contender else None
        worker = stack.enter_context(WorkerProcess(f"recall.{contender}"))
        worker.ask("open", folder=str(folder), port=port)
        assert worker.ask("fill", path=str(entries))["seconds"] > 0
        yield worker
        worker.ask("close")


def test_each_of_them_is_asked_for_something():
    files = {file.stem for file in Path(recall.__file__).parent.glob("[a-z]*.py")}
    assert files == {contender for some in PEERS.values() for contender in some}


@pytest.mark.parametrize("contender", PEERS[WORDS])
def test_by_words(contender, tmp_path):
    with filled(contender, tmp_path) as worker:
        answer = worker.ask("recall", by="words", questions=["lantern kettle", "lantern"], count=8, within=60)
    both, one = answer["found"]
    right = {row["text"] for row in ROWS if "lantern" in row["text"]}
    assert answer["p50"] > 0
    assert len(right) == 4
    assert set(both[:4]) == set(one) == right
    assert len(both) == 8
    assert all("kettle" in text for text in both)


@pytest.mark.parametrize("contender", PEERS[TAG])
def test_by_tag(contender, tmp_path):
    with filled(contender, tmp_path) as worker:
        answer = worker.ask("recall", by="tag", questions=["group-1", "group-2"], count=COUNT, within=60)
    assert [set(texts) for texts in answer["found"]] == [
        {row["text"] for row in ROWS if f"group-{group}" in row["tags"]} for group in (1, 2)
    ]


def test_when_the_time_is_over_no_further_question_is_asked(tmp_path):
    with filled("langgraph_memory", tmp_path) as worker:
        answer = worker.ask("recall", by="tag", questions=["group-1", "group-2"], count=3, within=0)
    assert len(answer["found"]) == 1


def test_texts_are_the_same_for_the_same_seed_and_all_differ():
    assert Texts(3).sentences(200) == Texts(3).sentences(200) != Texts(4).sentences(200)
    assert len(set(Texts(3).sentences(200))) == 200
