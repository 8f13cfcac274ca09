"""What is the product made of? A CycloneDX bill of materials: the pinned packages, and the scripts and fonts that the product carries.

Runs in .venv-tools (``make sbom``); cyclonedx-py reads the pins, what is carried comes from ``vendor.lock.json`` with its hashes.
"""

import base64
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

CARRIED = Path("presentation/static/vendor.lock.json")


def components(packages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The carried packages as CycloneDX components."""
    return [
        {
            "bom-ref": f"carried-{each['package']}",
            "type": "library",
            "name": each["package"],
            "version": each["version"],
            "purl": f"pkg:{each['registry']}/{each['package'].replace('@', '%40')}@{each['version']}",
            "licenses": [{"license": {"name": each["licence"]}}],
            "hashes": [digest(each["integrity"])],
        }
        for each in packages
    ]


def digest(integrity: str) -> dict[str, str]:
    """A subresource integrity (``sha512-…`` in base 64) as CycloneDX writes it."""
    kind, _, content = integrity.partition("-")
    return {"alg": f"SHA-{kind.removeprefix('sha')}", "content": base64.b64decode(content).hex()}


def main(target: Path) -> None:
    command = [sys.executable, "-W", "ignore", "-m", "cyclonedx_py", "requirements", "requirements.txt", "--pyproject", "pyproject.toml"]
    told = subprocess.run([*command, "--output-reproducible", "--short-PURLs", "--of", "JSON"], check=True, stdout=subprocess.PIPE)  # noqa: S603
    bill = json.loads(told.stdout)
    bill["components"] += components(json.loads(CARRIED.read_text(encoding="utf-8"))["packages"])
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(bill, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    sys.stdout.write(f"{target}: {len(bill['components'])} components\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
