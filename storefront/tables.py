"""What the storefront room stores."""
