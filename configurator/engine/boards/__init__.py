"""Boards: what a product of boards is sawn from, banded, drilled and grooved, as a family file's boards section says."""
