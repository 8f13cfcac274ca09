"""Which causes people choose from when they pause or scrap; the reason codes that a system's own may be mapped to."""

PAUSES = ("break", "material", "machine", "question")
SCRAPS = ("damaged", "wrong_material", "wrong_work", "machine")
REASONS = tuple(dict.fromkeys((*PAUSES, *SCRAPS)))
