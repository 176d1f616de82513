"""Reports of a result: HTML page, terminal summary, open points for the provider."""
