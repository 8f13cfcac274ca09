"""Does somebody else's connector, or somebody else's LotOne, keep to the contract? Plays the other side and says what was wrong."""
