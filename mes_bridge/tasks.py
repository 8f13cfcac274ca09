"""The room's long work: pressing certificates and travellers."""

from collections.abc import Callable
from typing import Any

from ledger.job_runner import JobRun
from mes_bridge.papers import PRESS, find_paper, keep_paper
from mes_bridge.service import Service


def jobs(service: Service) -> dict[str, Callable[[JobRun], None]]:
    """Long work by its kind."""
    return {PRESS: lambda run: press_paper(service, run)}


def press_paper(service: Service, run: JobRun) -> None:
    """Press and keep the paper as its subject stands now; nothing to do when it is pressed already."""
    from mes_bridge.documents.certificate import certificate_pdf
    from mes_bridge.documents.traveller import traveller_pdf

    paper, subject, language = run.content["paper"], run.content["subject"], run.content["language"]
    content: dict[str, Any]
    if paper == "certificate":
        content, pdf_of = service.certificate_content(subject, language), certificate_pdf
    else:
        content, pdf_of = service.traveller_content(subject, language), traveller_pdf
    if find_paper(service.ledger, content) is None:
        file_sha256 = service.ledger.files.put(pdf_of(service, content))
        with run.transaction() as transaction:
            keep_paper(transaction, paper, subject, content, file_sha256)
    run.result = {"paper": paper, "subject": subject, "language": language}
