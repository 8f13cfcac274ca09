"""Whoever is told where a job stands may look there, session or not; why it failed is for those who run the plant."""

from contracts.access import SYSTEM
from ledger.tables import JobRow
from tests.contract.lotone.conftest import Installation


def test_a_program_without_a_session_follows_the_job_it_was_told_of(installation: Installation) -> None:
    key = installation.house.storefront.order_key(installation.order)
    program = installation.app.test_client(use_cookies=False)
    told = program.get(f"/api/v1/orders/{installation.order}/confirmation.pdf?key={key}", headers={"Accept": "application/json"})
    assert told.status_code == 202
    job = program.get(told.headers["Location"])
    assert (job.status_code, job.json["state"]) == (200, "queued")
    assert program.get("/api/v1/jobs/job_0").status_code == 404
    with installation.house.ledger.transaction(SYSTEM) as transaction:
        row = transaction.session.get_one(JobRow, job.json["id"])
        row.state, row.error = "failed", "OSError: /var/secret"
    assert program.get(told.headers["Location"]).json["error"] == "failed"
    assert installation.staff.get(told.headers["Location"]).json["error"] == "OSError: /var/secret"
