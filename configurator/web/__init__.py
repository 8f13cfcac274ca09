"""The configurator's pages and API: read, call the service, render."""

from flask import Blueprint

from configurator.service import Service
from configurator.web import api, designs, studio


def blueprint(service: Service) -> Blueprint:
    """The design API and the studio."""
    pages = Blueprint("configurator", __name__, template_folder="templates")
    api.add_routes(pages, service)
    studio.add_routes(pages, service)
    designs.add_routes(pages, service)
    return pages
