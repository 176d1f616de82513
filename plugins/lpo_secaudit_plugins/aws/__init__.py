"""The AWS plugin: collects evidence from accounts and judges it."""
