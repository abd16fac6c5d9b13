"""``axon conformance``."""

from __future__ import annotations

import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING

import click

from axon.cli.failures import NOT_DONE, NotDone
from axon.cli.findings import Findings
from axon.cli.options import PATH, format_option
from axon.cli.progress import bar
from axon.cli.watch import Watch, ended_in_the_end

if TYPE_CHECKING:
    from collections.abc import Sequence

    from axon.testing.check import Check


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
    begins. Exits with 1 if one fails or the adapter cannot be made, with 2 if its name or its settings are wrong or a
    call blocks everything for 90 s; what was found until then is printed. What the adapter prints goes to standard
    error. Needs the extra: pip install "axon-core[testing]"
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
    chosen = _chosen(topics)
    findings = Findings(name, len(chosen), as_document=format == "json")
    with ended_in_the_end(), Watch(name, findings.summed_up if target is None else None) as watch:
        if target is not None:
            try:
                with redirect_stdout(sys.stderr):
                    write_golden(subject, target)
            except SystemExit as error:
                raise NotDone(f"the adapter {name!r} called sys.exit({error.code!r}) where it was to store") from error
            click.echo(f"{target}: what {name!r} stores now, for later versions to read; name it as golden")
            return
        try:
            with redirect_stdout(sys.stderr):  # what an adapter prints is no part of our output
                make_sure(subject)
                with bar(f"checking {name}") as shown:
                    report(subject, watch.told(chosen), seen=lambda result: findings.add(result, shown))
        except KeyboardInterrupt:
            findings.sum_up(f"interrupted {watch.doing}")
            if watch.exit_code:
                context.exit(watch.exit_code)
            raise
        findings.sum_up()
        if not findings.report.ok:
            context.exit(NOT_DONE)


def _chosen(topics: tuple[str, ...]) -> Sequence[Check]:
    from axon.core.suggestions import did_you_mean
    from axon.testing.examination import every_check

    known = list(dict.fromkeys(check.topic for check in every_check()))
    for topic in topics:
        if topic not in known:
            raise click.UsageError(f"no topic {topic!r}; {did_you_mean(topic, known)}topics: {', '.join(known)}")
    return [check for check in every_check() if not topics or check.topic in topics]
