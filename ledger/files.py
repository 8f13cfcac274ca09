"""Where blobs lie: addressed by the SHA-256 of their content, written once, checked on every read."""

import hashlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

from contracts.problems import NotFound


class FileDamaged(Exception):
    """The stored bytes are not those that were stored."""


class Files:
    """A folder of content-addressed blobs."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, content: bytes) -> str:
        """Store durably; the SHA-256 in lower-case hex. Storing the same content again is free."""
        sha256 = hashlib.sha256(content).hexdigest()
        path = self._path(sha256)
        if path.exists():
            return sha256
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f".{sha256}.{secrets.token_hex(6)}")
        try:
            with draft.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)
        _sync_folder(path.parent)
        return sha256

    def get(self, sha256: str) -> bytes:
        """The content. Raises NotFound, FileDamaged."""
        path = self._path(sha256)
        if not path.is_file():
            raise NotFound("file", sha256)
        content = path.read_bytes()
        if hashlib.sha256(content).hexdigest() != sha256:
            raise FileDamaged(sha256)
        return content

    def all(self) -> Iterator[str]:
        """Every stored hash, in order."""
        for path in sorted(self._folder.glob("??/*")):
            if not path.name.startswith("."):
                yield path.name

    def _path(self, sha256: str) -> Path:
        if len(sha256) != 64 or not set(sha256) <= set("0123456789abcdef"):
            raise NotFound("file", sha256)
        return self._folder / sha256[:2] / sha256


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
