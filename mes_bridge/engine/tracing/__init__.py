"""Where a piece came from and what it is made of, in the words of EPCIS 2.0 (GS1)."""
