"""`python -m lotone` is the command `lotone`."""

from lotone.cli import main

main()
