"""Templates are compiled once for all processes: their code is kept beside the modules', as Python keeps its own."""

import sys
from contextlib import suppress
from pathlib import Path

from jinja2 import BytecodeCache, FileSystemBytecodeCache
from jinja2.bccache import Bucket

KEPT_IN = Path(__file__).parent / "__pycache__"


def kept_code(kind: str, folder: Path = KEPT_IN) -> BytecodeCache | None:
    """For an environment of this ``kind``: others compile the same template to other code. None where Python keeps no code either."""
    if sys.dont_write_bytecode:
        return None
    with suppress(OSError):
        folder.mkdir(exist_ok=True)
    return _KeptCode(str(folder), f"{kind}.%s.jinja")


class _KeptCode(FileSystemBytecodeCache):
    def dump_bytecode(self, bucket: Bucket) -> None:
        """A folder that cannot be written, or a full disk, costs time the next time and no page now."""
        with suppress(OSError):
            super().dump_bytecode(bucket)
