"""Killed at every step: what was answered 200 is not lost, and nothing is done twice."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import processes
import pytest
import requests
import webhooks_killed
from webhooks_killed import SENDER, SENT_FILE, STEPS, FileFlowroute
from webhooks_site import Site

from helpers.clock import Clock
from helpers.settings import Settings

IDS = {word: f"mdr2-{number:032x}" for number, word in enumerate(("HELP", "NO", "STOP"))}


def post(url: str, message_id: str) -> bool:
    """Post as Flowroute does; whether it was taken."""
    payload = {"to": "12065550199", "from": "12065550100", "body": "?", "id": message_id}
    try:
        return requests.post(url, json=payload, timeout=10).status_code == 200
    except requests.RequestException:
        return False


@pytest.mark.parametrize(("word", "step"), [("HELP", step) for step in STEPS] + [("NO", step) for step in STEPS[:-2]])
def test_killed_at_a_step(new_site: Callable[..., Site], tmp_path: Path, step: str, word: str) -> None:
    (tmp_path / "texts").write_text(json.dumps({IDS[word]: word}))
    settings = Settings.load(clock=Clock.standing_still(), database="webhooks")
    site = new_site(settings, connected=False, flowroute=FileFlowroute(tmp_path, settings.clock))
    started = site.verifier.start(SENDER, account="ana", purpose="sign-in", client="198.51.100.7")

    fresh = processes.fresh()
    here, there = fresh.Pipe()
    process = fresh.Process(target=webhooks_killed.serve, args=(str(tmp_path), step, there))
    process.start()
    port, path = here.recv()
    taken = post(f"http://127.0.0.1:{port}{path}", IDS[word])
    process.join(timeout=30)
    assert process.exitcode == -9
    process.close()
    assert taken == (
        step not in ("note", "noted")
    )  # 200 came before the work that follows it, and after the id was kept
    assert site.callbacks.find(IDS[word]) is not None or step == "note"

    for _ in range(2):  # cron; and Flowroute, which posts again what was not taken, and sometimes what was
        site.callbacks.catch_up()
        payload = {"type": "message", "id": IDS[word], "attributes": {}}
        assert site.post({"data": payload}).status_code == 200
    assert site.posted(IDS[word]).state == "done"
    if word == "NO":
        assert site.verifier.get(started.id, account="ana", purpose="sign-in").status == "canceled"
        assert [entry.outcome for entry in site.verifier.audit.entries() if entry.event == "deny"] == ["canceled"]
        return
    answers = (tmp_path / SENT_FILE).read_text().count("Reply STOP to end them.")
    # Between the claim and the text, a crash costs the answer; nowhere does it send two.
    assert answers == (0 if step == "tell" else 1)
