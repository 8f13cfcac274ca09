"""Signed webhooks: work orders out by POST, one after the other for each work order."""
