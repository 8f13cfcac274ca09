"""What is imported late is imported whole, whichever thread comes first."""

import subprocess
import sys

TOGETHER = """
import sys, threading
sys.setswitchinterval(1e-6)
from configurator.engine.exchange import Sheet
ready, failed = threading.Barrier(8), []

def first():
    ready.wait()
    try:
        Sheet("CUT").written()
    except BaseException as error:
        failed.append(error)

threads = [threading.Thread(target=first) for _ in range(8)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
sys.exit(str(failed) if failed else 0)
"""


def test_threads_that_need_the_drawings_at_once_all_get_them() -> None:
    done = subprocess.run([sys.executable, "-c", TOGETHER], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_nothing_imports_the_drawings_another_way() -> None:
    late = "import sys, configurator.service, lotone.web; sys.exit(any(name.split('.')[0] == 'ezdxf' for name in sys.modules))"
    assert subprocess.run([sys.executable, "-c", late], check=False).returncode == 0


def test_an_installation_without_opc_ua_does_without_its_library() -> None:
    loaded = "import sys, lotone.web, lotone.worker, lotone.relay, lotone.doctor, lotone.cli; sys.exit('asyncua' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", loaded], check=False).returncode == 0


def test_an_installation_on_sqlite_does_without_the_driver_of_postgresql() -> None:
    loaded = "import sys, lotone.web, lotone.worker, lotone.relay; sys.exit('psycopg' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", loaded], check=False).returncode == 0
