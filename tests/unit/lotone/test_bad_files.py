"""A file that is not what a command takes is refused in a sentence: exit code 1 or 2, never a traceback."""

from pathlib import Path

import pytest

from lotone.cli import main

FILES = {
    "empty": b"",
    "binary": b"\xff\xfe\x00",
    "list": b"- a\n",
    "number": b"7\n",
    "broken": b"a: [1\n",
    "zero": b"a: \x00\n",
    "laughter": b"a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nd: [*c, *c]\n",
    "code": b"!!python/object/apply:os.system ['true']\n",
    "deep": b"[" * 3000,
}
TAKEN_BY = (
    ("family", "check"),
    ("family", "publish"),
    ("plant", "check"),
    ("plant", "publish"),
    ("configurator", "analyse"),
    ("demo", "--bodies"),
    ("restore",),
)


@pytest.fixture(autouse=True)
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOTONE_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("LOTONE_DATABASE_URL", raising=False)
    monkeypatch.setattr("lotone.cli.configure", lambda: None)


@pytest.mark.parametrize("command", TAKEN_BY, ids=" ".join)
@pytest.mark.parametrize("kind", [*FILES, "missing", ""])
def test_a_file_of_another_kind_is_refused_in_a_sentence(
    kind: str, command: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    if kind in FILES:
        (tmp_path / kind).write_bytes(FILES[kind])
    monkeypatch.setattr("sys.argv", ["lotone", *command, *([str(tmp_path / kind)] if kind else [])])
    with pytest.raises(SystemExit) as ended:
        main()
    said = capsys.readouterr()
    assert ended.value.code in (1, 2)
    assert (said.out + said.err).strip()
