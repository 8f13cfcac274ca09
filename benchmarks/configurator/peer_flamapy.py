"""What flamapy needs for core and dead features of a UVL file; run by an interpreter that has it: prints seconds as JSON.

flamapy pins another version of python-sat than the product: ``pip install -r benchmarks/configurator/peers.txt`` into an environment
of its own.
"""

import json
import logging
import sys
import time

from flamapy.metamodels.fm_metamodel.transformations import UVLReader
from flamapy.metamodels.pysat_metamodel.operations import PySATBackbone
from flamapy.metamodels.pysat_metamodel.transformations import FmToPysat


def main(file: str) -> None:
    """Reading, clauses, backbone."""
    logging.disable()
    began = time.perf_counter()
    model = UVLReader(file).transform()
    read = time.perf_counter()
    clauses = FmToPysat(model).transform()
    told = time.perf_counter()
    PySATBackbone().execute(clauses)
    done = time.perf_counter()
    print(json.dumps({"read": read - began, "clauses": told - read, "backbone": done - told}))


if __name__ == "__main__":
    main(sys.argv[1])
