"""The room's long work: proposed versions of families examined and tested."""

from collections.abc import Callable

from configurator.proposals import KIND, Proposals, tried
from configurator.service import Service
from contracts.ports import OpenOrders
from ledger.job_runner import JobRun

Between = Callable[[], None]


def jobs(service: Service, orders: OpenOrders, between: Between = lambda: None) -> dict[str, Callable[[JobRun], None]]:
    """Long work by its kind. A family's test takes a minute or more: ``between`` two designs it lets shorter work go first."""
    return {KIND: lambda run: try_proposal(service, orders, run, between)}


def try_proposal(service: Service, orders: OpenOrders, run: JobRun, between: Between) -> None:
    from presentation.letters import printable

    def progress(done: int, total: int) -> None:
        run.progress(done, total)
        between()

    found = tried(service, orders, Proposals(service).text(run.content["proposal"]), printable(), progress, between)
    run.result = found.model_dump(mode="json")
