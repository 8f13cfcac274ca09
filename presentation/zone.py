"""In which time zone are moments told?"""

from datetime import UTC, tzinfo

from flask import Flask, current_app


def init_zone(app: Flask, zone: tzinfo) -> None:
    app.extensions["lotone_zone"] = zone


def current_zone() -> tzinfo:
    """The site's."""
    zone: tzinfo = current_app.extensions.get("lotone_zone", UTC)
    return zone
