"""The room's long work: pressing certificates and travellers."""

from ledger.job_runner import JobRun
from mes_bridge.papers import find_paper, keep_paper
from mes_bridge.service import Service


def press_paper(service: Service, run: JobRun) -> None:
    """Press and keep the paper as its subject stands now; nothing to do when it is pressed already."""
    from mes_bridge.documents.certificate import certificate_content, certificate_pdf
    from mes_bridge.documents.traveller import traveller_content, traveller_pdf

    paper, subject, language = run.content["paper"], run.content["subject"], run.content["language"]
    content_of, pdf_of = {
        "certificate": (certificate_content, certificate_pdf),
        "traveller": (traveller_content, traveller_pdf),
    }[paper]
    content = content_of(service, subject, language)
    if find_paper(service.ledger, content) is None:
        file_sha256 = service.ledger.files.put(pdf_of(service, content))
        with run.transaction() as transaction:
            keep_paper(transaction, paper, subject, content, file_sha256)
    run.result = {"paper": paper, "subject": subject, "language": language}
