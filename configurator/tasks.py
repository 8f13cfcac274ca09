"""The room's long work: proposed versions of families examined and tested."""

from collections.abc import Callable

from configurator.proposals import KIND, Proposals, tried
from configurator.service import Service
from contracts.ports import OpenOrders
from ledger.job_runner import JobRun


def jobs(service: Service, orders: OpenOrders) -> dict[str, Callable[[JobRun], None]]:
    """Long work by its kind."""
    return {KIND: lambda run: try_proposal(service, orders, run)}


def try_proposal(service: Service, orders: OpenOrders, run: JobRun) -> None:
    from presentation.letters import printable

    found = tried(service, orders, Proposals(service).text(run.content["proposal"]), printable(), run.progress)
    run.result = found.model_dump(mode="json")
