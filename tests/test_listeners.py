from __future__ import annotations

import logging

import pytest

from helpers.listeners import Listeners


def test_all_are_told_in_the_order_they_came() -> None:
    told: list[str] = []
    listeners: Listeners[str] = Listeners()
    listeners.add(lambda word: told.append(f"first {word}"))
    stop = listeners.add(lambda word: told.append(f"second {word}"))
    listeners.tell("a")
    stop()
    stop()
    listeners.tell("b")
    assert told == ["first a", "second a", "first b"]


def test_one_that_was_added_twice_is_ended_once() -> None:
    told: list[int] = []
    listeners: Listeners[int] = Listeners()
    stop = listeners.add(told.append)
    listeners.add(told.append)
    stop()
    stop()
    listeners.tell(1)
    assert told == [1]


def test_one_that_fails_is_logged_without_its_words_and_breaks_nothing(caplog: pytest.LogCaptureFixture) -> None:
    told: list[str] = []
    listeners: Listeners[str] = Listeners()

    def fail(_word: str) -> None:
        raise ValueError("a secret")

    listeners.add(fail)
    listeners.add(told.append)
    with caplog.at_level(logging.DEBUG):
        listeners.tell("a")
    assert told == ["a"]
    assert caplog.messages == ["A listener failed: ValueError"]
    assert "a secret" not in f"{caplog.text}{listeners!r}"


def test_one_that_ends_itself_while_it_is_told() -> None:
    told: list[str] = []
    listeners: Listeners[str] = Listeners()

    def once(word: str) -> None:
        told.append(word)
        stop()

    stop = listeners.add(once)
    listeners.add(lambda word: told.append(word.upper()))
    listeners.tell("a")
    listeners.tell("b")
    assert told == ["a", "A", "B"]
