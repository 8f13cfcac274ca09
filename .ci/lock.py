"""Which files did the package index give for the pinned versions? Writes requirements.lock, which ``setup.sh`` then keeps to.

The SHA-256 of every file, for the platform and Python that this runs on: made once where the index is trusted, taken to where it is not.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

HEAD = "# Written by `make lock` for one platform and Python. `make setup` refuses any other file; remove this to set up without it.\n"


def locked(report: dict[str, Any]) -> str:
    """The lock of a pip installation report. Raises KeyError for a package without a hash."""
    lines = []
    for each in report["install"]:
        name, version = each["metadata"]["name"], each["metadata"]["version"]
        lines.append(f"{name}=={version} --hash=sha256:{each['download_info']['archive_info']['hashes']['sha256']}")
    return HEAD + "\n".join(sorted(lines, key=str.lower)) + "\n"


def main() -> None:
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--dry-run", "--ignore-installed"]
    told = subprocess.run([*command, "--report", "-", "-r", "requirements-dev.txt"], check=True, stdout=subprocess.PIPE)  # noqa: S603
    lock = locked(json.loads(told.stdout))
    Path("requirements.lock").write_text(lock, encoding="utf-8")
    sys.stdout.write(f"requirements.lock: {lock.count('--hash')} files\n")


if __name__ == "__main__":
    main()
