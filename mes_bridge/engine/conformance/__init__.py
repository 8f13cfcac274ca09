"""Does a foreign connector keep to the contract? What it did, held against a table of checks."""
