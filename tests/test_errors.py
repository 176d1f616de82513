"""What errors say of a slip of the pen."""

from __future__ import annotations

from lpo_secaudit.errors import close_to


def test_the_nearest_known_word_is_named_and_none_where_none_is_near() -> None:
    assert close_to("encrypton", ["backup", "encryption"]) == "did you mean 'encryption'?"
    assert close_to("encrypton", ["backup"]) is None
    assert close_to("encrypton", ()) is None
