"""The storefront room's use cases."""
