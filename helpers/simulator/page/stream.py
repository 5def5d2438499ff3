"""What is new, for pages that listen: one batch at a beat, made once and shared by all that stand at the same place.

Twenty pages cost little more than one: all streams wake on the same beats, so they ask for the same batches.
"""

from __future__ import annotations

import json
import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import Final

from helpers.simulator.network import SimulatedNetwork
from helpers.simulator.page.views import (
    LATEST_MESSAGES,
    Json,
    clock_view,
    counts_view,
    faults_view,
    menus_view,
    message_views,
    messages_by_id,
    numbers_view,
    settings_view,
)

BEAT_SECONDS: Final = 0.2
SILENCE_SECONDS: Final = 15.0
"""After so long without news comes a comment, so that whoever is between does not close the connection."""

_BATCHES_KEPT: Final = 32
_COMMENT: Final = ": still here\n\n"
_RETRY: Final = "retry: 1000\n\n"


class Stream:
    """Server-sent events about a network. Safe to use from many threads."""

    def __init__(
        self,
        network: SimulatedNetwork,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        """Set it up.

        Args:
            network: what the news is about.
            monotonic: real seconds: the beat is the same whatever the simulator's clock does.
            sleep: waits so many seconds.
        """
        self._network = network
        self._monotonic = monotonic
        self._sleep = sleep
        self._lock = threading.Lock()
        self._beat = -math.inf
        self._beat_seq = 0
        self._batches: OrderedDict[tuple[int, int], str] = OrderedDict()
        self._state = ""
        self._state_seq = 0

    def snapshot(self) -> Json:
        """All that a page needs to begin with; ``seq`` is where its stream begins."""
        network = self._network
        seq = network.feed.seq  # before all else: what changes meanwhile is told again
        latest = network.messages()[-LATEST_MESSAGES:]
        return {
            "seq": seq,
            **self._moment(),
            **self._settings(),
            **menus_view(),
            "messages": message_views(network, latest),
        }

    def events(self, after: int, *, once: bool = False) -> Iterator[str]:
        """The stream, from the change numbered ``after`` on.

        Args:
            after: what the listener knows already.
            once: end after what there is now, for a caller that reads an answer to its end.
        """
        feed = self._network.feed
        yield _RETRY
        while not feed.closed:
            if feed.changed_since(after) is None:
                yield _event("reload", feed.seq, {"seq": feed.seq})
                return  # a page that takes a new snapshot opens a new stream
            seq = feed.wait(after, 0 if once else SILENCE_SECONDS)
            if once:
                yield from [self._batch(after, seq)] if seq > after else []
                return
            if seq == after:
                yield _COMMENT
            elif (seq := self._seq_at_next_beat()) > after:
                yield self._batch(after, seq)
                after = seq

    def _seq_at_next_beat(self) -> int:
        """Wait for the beat. Whoever wakes first decides where it stands, so that all ask for the same batch."""
        beat = math.floor(self._monotonic() / BEAT_SECONDS) + 1
        self._sleep(max(0.0, beat * BEAT_SECONDS - self._monotonic()))
        with self._lock:
            if beat > self._beat:
                self._beat, self._beat_seq = beat, self._network.feed.seq
            return self._beat_seq

    def _batch(self, after: int, seq: int) -> str:
        with self._lock:  # who comes second waits for the one that is being made
            batch = self._batches.get((after, seq))
            if batch is None:
                batch = self._batches[after, seq] = self._make_batch(after, seq)
                while len(self._batches) > _BATCHES_KEPT:
                    self._batches.popitem(last=False)
            return batch

    def _make_batch(self, after: int, seq: int) -> str:
        changed = self._network.feed.changed_since(after)
        if changed is None or len(changed) > LATEST_MESSAGES:
            return _event("reload", seq, {"seq": seq})
        news: Json = {"seq": seq, **self._moment()}
        state = self._settings()
        if (text := json.dumps(state)) != self._state:
            # One more than there are changes by now: who stands at this one may have had a batch from just before it.
            self._state, self._state_seq = text, self._network.feed.seq + 1
        if after < self._state_seq:
            news |= state
        news["messages"] = message_views(self._network, messages_by_id(self._network, changed))
        return _event("change", seq, news)

    def _moment(self) -> Json:
        clock = clock_view(self._network)
        counts = counts_view(self._network)
        return {"now_ms": clock["now_ms"], "running": clock["running"], "counts": counts}

    def _settings(self) -> Json:
        network = self._network
        return {
            "settings": settings_view(network),
            "faults": faults_view(network),
            "numbers": numbers_view(network),
        }


def _event(name: str, seq: int, data: Json) -> str:
    # JSON in ASCII has no line break in it, so one data line is enough.
    return f"id: {seq}\nevent: {name}\ndata: {json.dumps(data, separators=(',', ':'))}\n\n"
