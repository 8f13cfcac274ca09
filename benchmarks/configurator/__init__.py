"""How fast the configurator answers."""
