"""Blobs are found by their hash and nothing else, and checked when read."""

from pathlib import Path

import pytest

from contracts.problems import NotFound
from ledger.files import FileDamaged, Files


def test_what_was_put_is_got_by_its_hash(tmp_path: Path) -> None:
    files = Files(tmp_path)
    sha256 = files.put(b"drawing")

    assert files.put(b"drawing") == sha256
    assert files.get(sha256) == b"drawing"
    assert list(files.all()) == [sha256]


def test_a_changed_file_is_not_given_out(tmp_path: Path) -> None:
    files = Files(tmp_path)
    sha256 = files.put(b"drawing")
    (tmp_path / sha256[:2] / sha256).write_bytes(b"drawinG")

    with pytest.raises(FileDamaged):
        files.get(sha256)


@pytest.mark.parametrize("name", ["00" * 32, "../../etc/passwd", "", "ZZ" * 32])
def test_anything_else_is_not_found(tmp_path: Path, name: str) -> None:
    with pytest.raises(NotFound):
        Files(tmp_path).get(name)
