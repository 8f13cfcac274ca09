"""Small connectors that know the contracts and an HTTP client only: a sound one to begin with, others that each break one rule."""
