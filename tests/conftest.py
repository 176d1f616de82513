"""How far property-based tests look: the same examples on every run, or new ones where asked.

A change must not fail for an example that the state before it would have met as well. Searching is a
run of its own: `pytest --hypothesis-profile=search` draws new examples each time.
"""

from hypothesis import settings

settings.register_profile("repeatable", derandomize=True)
settings.register_profile("search", print_blob=True)
settings.load_profile("repeatable")
