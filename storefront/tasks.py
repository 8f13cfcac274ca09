"""The storefront's long work: pressing a confirmation."""

from ledger.job_runner import JobRun
from storefront.papers import find_paper, keep_paper
from storefront.service import Service


def press_confirmation(service: Service, run: JobRun) -> None:
    """Render and keep the confirmation as the order stands now; nothing to do when it is pressed already."""
    from storefront.documents.confirmation import confirmation_content, confirmation_pdf

    order, language = run.content["order"], run.content["language"]
    content = confirmation_content(service, order, language)
    if find_paper(service.shop, content) is None:
        file_sha256 = service.shop.ledger.files.put(confirmation_pdf(service, content))
        with run.transaction() as transaction:
            keep_paper(service.shop, transaction, order, language, content, file_sha256)
    run.result = {"href": f"/api/v1/orders/{order}/confirmation.pdf?lang={language}"}
