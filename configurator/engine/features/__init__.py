"""Feature models of any make: read, analysed, decided, explained, completed, counted and written. They know no family of ours."""

import sys

# Constraints of public models nest deeper than Python's thousand frames allow; how deep they may is bounded by the reader.
sys.setrecursionlimit(max(sys.getrecursionlimit(), 12_000))
