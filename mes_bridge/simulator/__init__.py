"""A plant that only speaks the protocols: it knows the published contracts and an HTTP client, nothing of the product's inside."""
