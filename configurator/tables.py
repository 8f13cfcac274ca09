"""What the configurator room stores."""
