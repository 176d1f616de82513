"""Complete engagements of fictional parties that run offline, installed as lpo_secaudit.examples."""
