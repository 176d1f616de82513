"""Catalogs, clause library, breach rules and profiles: YAML files, installed as lpo_secaudit.controls."""
