"""How is long work answered? At once, with where it can be watched."""

from flask import Response

from contracts.model import Contract
from presentation.api import answer


class JobAccepted(Contract):
    job: str
    href: str


def accepted(job: str) -> Response:
    return answer(JobAccepted(job=job, href=f"/api/v1/jobs/{job}"), 202)
