"""Folders as Celery's broker, in which a message is there whole or not at all.

kombu's own transport shows a message's file before it is written, and a worker that finds it empty ends (celery/kombu issue 1551).
"""

import json
import os
from pathlib import Path
from time import monotonic_ns
from typing import Any
from uuid import uuid4

from kombu.transport import TRANSPORT_ALIASES, filesystem

SCHEME = "folders"
TRANSPORT_ALIASES[SCHEME] = f"{__name__}:Transport"


class Channel(filesystem.Channel):
    def _put(self, queue: str, payload: Any, **_: Any) -> None:  # type: ignore[override]
        """Raises OSError when the folder cannot be written to."""
        name = f"{monotonic_ns() // 1_000_000}_{uuid4()}.{queue}.msg"
        folder = Path(self.data_folder_out)
        written = folder / f"{name}.part"
        written.write_text(json.dumps(payload), encoding="utf-8")
        os.replace(written, folder / name)


class Transport(filesystem.Transport):
    Channel = Channel
    driver_name = SCHEME
