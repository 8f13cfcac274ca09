"""The configurator's pages and API: read, call the service, render."""

from flask import Blueprint

from configurator.proposals import Proposals
from configurator.service import Service
from configurator.web import api, designs, families, studio


def blueprint(service: Service) -> Blueprint:
    """The design API, the studio, and the product engineer's pages."""
    pages = Blueprint("configurator", __name__, template_folder="templates")
    api.add_routes(pages, service)
    studio.add_routes(pages, service)
    designs.add_routes(pages, service)
    families.add_routes(pages, service, Proposals(service))
    return pages
