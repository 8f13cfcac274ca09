"""What the product is made of: every pin in the bill of materials, every file of a lock by its hash."""

import importlib.util
import json
import re
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).parents[3]


def script(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / ".ci" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_requirement_is_pinned_to_one_version() -> None:
    for file in ("requirements.txt", "requirements-dev.txt", "requirements-tools.txt"):
        lines = [line for line in (ROOT / file).read_text("utf-8").splitlines() if line and not line.startswith(("#", "-r "))]
        assert [line for line in lines if not re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.]+", line)] == [], file
        names = [re.sub(r"[-_.]+", "-", line.partition("==")[0]).lower() for line in lines]
        assert len(set(names)) == len(names), file


def test_what_is_carried_stands_in_the_bill_with_licence_and_hash() -> None:
    packages = json.loads((ROOT / "presentation/static/vendor.lock.json").read_text("utf-8"))["packages"]
    components = script("sbom").components(packages)
    assert "pkg:npm/%40fontsource/barlow@5.3.0" in {each["purl"] for each in components}
    for each in components:
        bits = int(each["hashes"][0]["alg"].removeprefix("SHA-"))
        assert re.fullmatch(f"[0-9a-f]{{{bits // 4}}}", each["hashes"][0]["content"]), each["name"]
        assert each["licenses"][0]["license"]["name"], each["name"]


def test_a_lock_names_every_file_by_its_hash() -> None:
    def taken(name: str, digest: str) -> dict[str, object]:
        return {"metadata": {"name": name, "version": "1.0"}, "download_info": {"archive_info": {"hashes": {"sha256": digest}}}}

    lock = script("lock").locked({"install": [taken("b", "22"), taken("A", "11")]})
    assert lock.splitlines()[1:] == ["A==1.0 --hash=sha256:11", "b==1.0 --hash=sha256:22"]
