"""First-party plugins; each enters by the entry point group `lpo_secaudit.plugins`."""
