"""Contracts: document to clauses to parameters, every verdict shown at its place in the text."""
