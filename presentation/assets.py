"""Where a static file is found and how long a browser may keep it."""

import gzip
import hashlib
import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path

from flask import Flask, Response, abort, request

from presentation.compression import TEXTS
from presentation.guard import public
from presentation.scripts import with_imports

OWN = Path(__file__).parent / "static"
_FOREVER = "public, max-age=31536000, immutable"


SHEET = {"style.css": ("fonts.css", "tokens.css", "site.css")}
"""What every page has of style comes as one file."""


@dataclass(frozen=True)
class Shelf:
    """The static files of one room, read once; ``digest`` names this state of all of them, ``joined`` are served as one.

    A script comes with the scripts that it imports.
    """

    folder: Path
    joined: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @cached_property
    def files(self) -> dict[str, bytes]:
        found = {path.relative_to(self.folder).as_posix(): path.read_bytes() for path in sorted(self.folder.rglob("*")) if path.is_file()}
        scripts = {name: with_imports(name, found) for name in found if name.endswith(".js") and not name.startswith("vendor/")}
        return found | scripts | {name: b"".join(found[part] for part in parts) for name, parts in self.joined.items()}

    @cached_property
    def digest(self) -> str:
        state = hashlib.sha256()
        for name, content in self.files.items():
            state.update(f"{name}\0{len(content)}\0".encode() + content)
        return state.hexdigest()[:12]


def init_assets(app: Flask) -> None:
    """Serve ``/static/<room>/<file>`` and, kept for a year, ``/static/<room>/~<digest>/<file>``.

    A room's files lie in ``static`` beside its blueprint.
    Files under ``fonts`` bear their hash in their name and are kept for a year at either address.
    """
    if app.has_static_folder:
        raise ValueError("build the app with static_folder=None: presentation serves the static files")

    @cache
    def shelves() -> dict[str, Shelf]:
        rooms = {blueprint.import_name.partition(".")[0]: Path(blueprint.root_path) / "static" for blueprint in app.blueprints.values()}
        of_rooms = {room: Shelf(folder) for room, folder in rooms.items() if folder.is_dir()}
        return {**of_rooms, "presentation": Shelf(OWN, SHEET)}

    @app.template_global()
    def asset(name: str) -> str:
        """The address of a static file ``<room>/<path>``; a missing file is an error at once."""
        room, _, path = name.partition("/")
        shelf = shelves()[room]
        if path not in shelf.files:
            raise LookupError(f"static file {name} does not exist")
        return f"/static/{room}/~{shelf.digest}/{path}"

    @app.get("/static/<room>/<path:path>", endpoint="static")
    @public
    def static(room: str, path: str) -> Response:
        shelf = shelves().get(room) or abort(404)
        digest, slash, rest = path.partition("/")
        named = digest.startswith("~") and bool(slash)
        content = shelf.files.get(rest if named else path)
        if content is None or (named and digest != f"~{shelf.digest}"):
            abort(404)
        media_type = mimetypes.guess_type(path)[0] or "application/octet-stream"
        return file_answer(content, media_type, forever=named or path.startswith("fonts/"))


def file_answer(content: bytes, media_type: str, forever: bool) -> Response:
    """A public file, compressed where it helps; ``forever``: its address names its content."""
    response = Response(content, mimetype=media_type)
    if media_type in TEXTS and request.accept_encodings.quality("gzip") > 0:
        response.set_data(_compressed(content))
        response.content_encoding = "gzip"
    response.vary.add("Accept-Encoding")
    response.headers["Cache-Control"] = _FOREVER if forever else "public, no-cache"
    response.add_etag()
    response.make_conditional(request)
    return response


@cache
def _compressed(content: bytes) -> bytes:
    return gzip.compress(content, mtime=0)
