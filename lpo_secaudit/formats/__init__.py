"""Byte formats shared by all stages: canonical JSON, strict YAML with positions, JSON Schemas, limits."""
