"""``axon conformance``."""

from __future__ import annotations

import sys
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from axon.cli.failures import NOT_DONE, NotDone
from axon.cli.options import PATH, format_option
from axon.cli.output import print_json, print_table
from axon.cli.progress import bar
from axon.cli.text import legible
from axon.cli.watch import Watch, ended_in_the_end

if TYPE_CHECKING:
    from collections.abc import Sequence

    from axon.testing.check import Check
    from axon.testing.report import Report, Result


@click.command()
@click.argument("name")
@click.option(
    "--settings",
    "file",
    type=PATH,
    metavar="FILE",
    help="TOML or JSON with what the test class says: [settings], [unreachable], golden, dimension.",
)
@click.option("--topic", "topics", multiple=True, metavar="TOPIC", help="Only the checks of this topic; repeatable.")
@click.option(
    "--write-golden", "target", type=PATH, metavar="DIR", help="Only make a golden folder of what is stored now."
)
@format_option("one document")
@click.pass_context
def conformance(  # noqa: PLR0917  # click gives them by name
    context: click.Context, name: str, file: Path | None, topics: tuple[str, ...], target: Path | None, format: str
) -> None:
    """Put the adapter NAME through the contract.

    Every promise of the contract is a check; {tmp_path} in the settings stands for a folder that is empty when a check
    begins. Exits with 1 if one fails, and with 2 if a call blocks everything for 90 s. Needs the extra: pip install
    "axon-core[testing]"
    """
    try:
        from axon.testing.described import read_description
        from axon.testing.golden import write_golden
        from axon.testing.readiness import make_sure
        from axon.testing.report import report
        from axon.testing.subject import Subject
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "hypothesis":
            raise
        raise NotDone('the kit needs hypothesis: pip install "axon-core[testing]"') from None
    subject = Subject.named(name, **({} if file is None else read_description(file)))
    with ended_in_the_end(), Watch(name) as watch:
        if target is not None:
            try:
                write_golden(subject, target)
            except SystemExit as error:
                raise NotDone(f"the adapter {name!r} called sys.exit({error.code!r}) where it was to store") from error
            click.echo(f"{target}: what {name!r} stores now, for later versions to read; name it as golden")
            return
        chosen = _chosen(topics)
        make_sure(subject)
        with bar(f"checking {name}") as advanced:
            numbers = count(1)
            found = report(subject, watch.told(chosen), seen=lambda _: advanced(next(numbers), len(chosen)))
        (_print_document if format == "json" else _print)(found)
        sys.stdout.flush()
        if not found.ok:
            context.exit(NOT_DONE)


def _chosen(topics: tuple[str, ...]) -> Sequence[Check]:
    from axon.core.suggestions import did_you_mean
    from axon.testing.examination import every_check

    known = list(dict.fromkeys(check.topic for check in every_check()))
    for topic in topics:
        if topic not in known:
            raise click.UsageError(f"no topic {topic!r}; {did_you_mean(topic, known)}topics: {', '.join(known)}")
    return [check for check in every_check() if not topics or check.topic in topics]


def _print(found: Report) -> None:
    from axon.testing.report import verdict

    for result in found.of("failed"):
        click.echo(f"{legible(result.message)}\n")
    for title, groups in (("topic", found.topics()), ("capability", found.capabilities())):
        print_table((title, "verdict"), [(name, verdict(results).sentence) for name, results in groups.items()])
        click.echo()
    for reason, number in found.reasons().items():
        click.echo(f"{number:4} skipped: {legible(reason)}")
    for note, checks in found.notes().items():
        click.echo(f"{len(checks):4} noted: {legible(note)}")
    click.echo(f"\n{_conclusion(found)}")


def _conclusion(found: Report) -> str:
    skipped = len(found.of("skipped"))
    failed, asked = len(found.of("failed")), len(found.results) - skipped
    undeclared = f"; done but not declared: {', '.join(found.undeclared())}" if found.undeclared() else ""
    if not asked:
        return f"{found.adapter} was asked nothing: none of {skipped} checks applies{undeclared}"
    said = (
        f"breaks the contract in {failed} of {asked} checks" if failed else f"keeps the contract in all {asked} checks"
    )
    others = f", {skipped} do not apply" if skipped else ""
    return f"{found.adapter} {said}{others} ({sum(result.seconds for result in found.results):.0f} s){undeclared}"


def _print_document(found: Report) -> None:
    print_json(
        {
            "adapter": found.adapter,
            "ok": found.ok,
            "undeclared": found.undeclared(),
            "notes": [{"note": note, "checks": checks} for note, checks in found.notes().items()],
            "topics": {name: _verdict(results) for name, results in found.topics().items()},
            "capabilities": {name: _verdict(results) for name, results in found.capabilities().items()},
            "checks": [
                {
                    "name": result.check.name,
                    "topic": result.check.topic,
                    "outcome": result.outcome,
                    "contract": result.check.contract,
                    "message": result.message,
                    "advice": result.check.advice,
                    "undeclared": result.undeclared,
                    "notes": list(result.notes),
                    "seconds": round(result.seconds, 3),
                }
                for result in found.results
            ],
        }
    )


def _verdict(results: Sequence[Result]) -> dict[str, Any]:
    from axon.testing.report import verdict

    found = verdict(results)
    return {
        "status": found.status,
        "passed": found.passed,
        "failed": found.failed,
        "skipped": found.skipped,
        "advice": list(found.advice),
        "verdict": found.sentence,
    }
