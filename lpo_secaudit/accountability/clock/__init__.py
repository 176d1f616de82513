"""Exact deadlines: calendars, ways of counting, and the explanation of every step."""
