"""A Secret comes out by reveal() and by no other door."""

from __future__ import annotations

import copy
import json
import logging
import pickle
import traceback
from dataclasses import dataclass

import pytest

from helpers.secret import MASK, Secret

VALUE = "hunter2-hunter2-hunter2"
SECRETS = [Secret(VALUE), Secret(VALUE.encode())]


@dataclass
class Holder:
    name: str
    key: Secret[str]


@pytest.mark.parametrize("secret", SECRETS, ids=["text", "bytes"])
@pytest.mark.parametrize(
    "show",
    [
        repr,
        str,
        format,
        "{}".format,
        "{!r}".format,
        "{:>40}".format,
        lambda secret: f"{secret}",
        lambda secret: f"{secret!r:^60}",
        lambda secret: f"{secret:.3}",
        lambda secret: "%s %r" % (secret, secret),  # noqa: UP031 (the old way of formatting is what is tested)
        lambda secret: str([secret, {"key": secret}]),
        lambda secret: repr(Holder("ana", secret)),
        lambda secret: str(vars(Holder("ana", secret))),
    ],
)
def test_no_way_of_printing_shows_it(secret, show):
    shown = show(secret)
    assert VALUE not in shown
    assert MASK[:3] in shown


def test_reveal_gives_the_value():
    assert Secret(VALUE).reveal() == VALUE
    assert Secret(b"\x00\xff").reveal() == b"\x00\xff"


def test_format_keeps_to_the_width_asked_for():
    assert f"{Secret(VALUE):>12}" == "    " + MASK


def test_a_log_line_shows_the_mask(caplog):
    logging.getLogger("test").warning("key %s %r", Secret(VALUE), Secret(VALUE))
    assert VALUE not in caplog.text
    assert MASK in caplog.text


def test_a_traceback_that_prints_local_variables_does_not_show_it():
    def fail(key):
        pair = [key, f"{key}"]
        raise RuntimeError(f"cannot use {key}", pair)

    with pytest.raises(RuntimeError) as caught:
        fail(Secret(VALUE))
    shown = "".join(traceback.TracebackException.from_exception(caught.value, capture_locals=True).format())
    assert "key = Secret(" in shown
    assert VALUE not in shown


@pytest.mark.parametrize(
    "write",
    [pickle.dumps, copy.copy, copy.deepcopy, json.dumps, hash, lambda secret: {secret}, vars, iter, len, bytes],
)
def test_nothing_copies_or_writes_it(write):
    with pytest.raises(TypeError) as caught:
        write(Secret(VALUE))
    assert VALUE not in str(caught.value)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_no_pickle_protocol_takes_it(protocol):
    with pytest.raises(TypeError, match="cannot be pickled"):
        pickle.dumps(Holder("ana", Secret(VALUE)), protocol)


def test_it_takes_no_other_attributes():
    with pytest.raises(AttributeError):
        Secret(VALUE).note = "x"


def test_secrets_compare_by_value_and_only_with_secrets():
    assert Secret(VALUE) == Secret(VALUE)
    assert Secret("ключ") == Secret("ключ")
    assert Secret(VALUE) != Secret(VALUE + "x")
    assert Secret(VALUE) != VALUE


def test_an_empty_secret_is_false():
    assert not Secret("")
    assert not Secret(b"")
    assert Secret(" ")
