"""The storefront's long work: settling a payment and pressing a confirmation."""

from collections.abc import Callable

from ledger.job_runner import JobRun
from storefront.papers import PRESS, confirmation_content, find_paper, keep_paper
from storefront.service import Service
from storefront.settling import SETTLE, settle
from storefront.shop import Shop


def jobs(service: Service) -> dict[str, Callable[[JobRun], None]]:
    """Long work by its kind."""
    return {
        SETTLE: lambda run: settle(service.shop, run.content["order"]),
        PRESS: lambda run: press_confirmation(service.shop, run),
    }


def press_confirmation(shop: Shop, run: JobRun) -> None:
    """Render and keep the confirmation as the order stands now; nothing to do when it is pressed already."""
    from storefront.documents.confirmation import confirmation_pdf

    order, language = run.content["order"], run.content["language"]
    content = confirmation_content(shop, order, language)
    if find_paper(shop, content) is None:
        file_sha256 = shop.ledger.files.put(confirmation_pdf(shop, content))
        with run.transaction() as transaction:
            keep_paper(shop, transaction, order, language, content, file_sha256)
    run.result = {"href": f"/api/v1/orders/{order}/confirmation.pdf?lang={language}"}
