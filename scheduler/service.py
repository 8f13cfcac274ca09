"""The scheduler room's use cases."""
