"""The configurator room's use cases."""
