"""What a learner's course asks of the class, and that nobody sees or disturbs anybody else."""

from __future__ import annotations

import threading
from contextlib import ExitStack
from typing import Any

import pytest
from classroom_bench import CODE, HOST, PHONE, Classroom, Learner, basic, words
from werkzeug.test import Client

from helpers.classroom import create_app, open_room
from helpers.classroom.answers import PAUSED_HEADER
from helpers.classroom.app import LONGEST_REQUEST_BODY
from helpers.classroom.room import HISTORY, MOST_HELD, USUAL_SEATS
from helpers.clock import Clock
from helpers.simulator.faults import ConnectionCut, Fault


def test_me(classroom: Classroom, ana: Learner) -> None:
    now = classroom.clock.now_ms()
    found = ana.call("GET", "/class/me").get_json()
    assert found == {"name": "Ana", "number": ana.seat.number, "now_ms": now, "paused": False}
    classroom.room.paused = True
    assert ana.call("GET", "/class/me").get_json()["paused"] is True


def test_a_text_is_there_from_the_moment_it_is_under_way(classroom: Classroom, ana: Learner) -> None:
    now = classroom.clock.now_ms()
    sent = ana.send(version="v2.2", media_urls=["https://media.example/cat.jpg"]).get_json()["data"]["id"]
    assert ana.texts() == [
        {
            "id": sent,
            "to": PHONE,
            "from": ana.seat.number,
            "body": f"Your code is {CODE}",
            "arrives_at_ms": now + 1500,
            "media": ["https://media.example/cat.jpg"],
        }
    ]


def test_texts_come_in_the_order_of_their_arrival_and_only_those_to_phones(classroom: Classroom, ana: Learner) -> None:
    ana.send("late", to="12065550118")
    ana.send("never", to="12065550117")
    ana.send("usual")
    classroom.clock.advance(seconds=1)
    answer = ana.call("POST", "/class/texts", json={"from": PHONE, "to": ana.seat.number, "body": "STOP"})
    assert answer.status_code == 201
    assert ana.texts()[0]["body"].startswith("You have opted out")
    assert [text["body"] for text in ana.texts()][1:] == ["usual", "late"]


def test_a_text_from_a_phone_is_heard_and_has_a_record(ana: Learner) -> None:
    answer = ana.call("POST", "/class/texts", json={"from": PHONE, "to": ana.seat.number, "body": "stop"})
    record = ana.call("GET", f"/v2.1/messages/{answer.get_json()['id']}").get_json()["data"]["attributes"]
    assert (record["direction"], record["body"], record["from"]) == ("inbound", "stop", PHONE)
    refused = ana.send()
    assert refused.status_code == 400
    assert "1110" in words(refused)


@pytest.mark.parametrize(
    "changed", [{"to": "12065550199"}, {"from": "911"}, {"body": ""}, {"body": None}, {"body": "\ud800"}, {"x": 1}]
)
def test_a_text_from_a_phone_that_cannot_be_is_a_422(ana: Learner, changed: dict[str, Any]) -> None:
    wanted = {"from": PHONE, "to": ana.seat.number, "body": "Hello", **changed}
    assert ana.call("POST", "/class/texts", json=wanted).status_code == 422


# --- Waiting for texts ---


def seq_of(learner: Learner) -> int:
    return int(learner.call("GET", "/class/texts").get_json()["seq"])


class Waiting:
    """A request for texts that is held, in a thread."""

    def __init__(self, learner: Learner, *, after: int, wait: int = 20) -> None:
        self.answers: list[dict[str, Any]] = []
        self._thread = threading.Thread(target=self._ask, args=(learner, f"/class/texts?after={after}&wait={wait}"))
        self._thread.start()

    def _ask(self, learner: Learner, path: str) -> None:
        self.answers.append(learner.call("GET", path).get_json())

    def held(self) -> bool:
        self._thread.join(0.05)
        return self._thread.is_alive()

    def answer(self) -> dict[str, Any]:
        self._thread.join(10)
        return self.answers[0]


def test_waiting_ends_with_the_next_text_and_with_nothing_less(ana: Learner) -> None:
    before = seq_of(ana)
    waiting = Waiting(ana, after=before)
    assert ana.call("GET", "/v2.1/messages/mdr2-x").status_code == 404
    assert waiting.held(), "a request that sends nothing is no news of texts"
    ana.send("now")
    answer = waiting.answer()
    assert [text["body"] for text in answer["texts"]] == ["now"]
    assert answer["seq"] > before


def test_waiting_ends_when_its_time_is_over(ana: Learner) -> None:
    before = seq_of(ana)
    assert ana.call("GET", f"/class/texts?after={before}&wait=0").get_json()["seq"] == before


def test_somebody_elses_text_ends_no_wait(ana: Learner, ben: Learner) -> None:
    waiting = Waiting(ana, after=seq_of(ana))
    ben.send("for Ben's phone")
    assert waiting.held()
    ana.send()
    assert len(waiting.answer()["texts"]) == 1


def test_a_count_of_an_earlier_class_is_answered_at_once(classroom: Classroom, ana: Learner) -> None:
    ana.send()
    for _ in range(30):
        ana.call("GET", "/v2.1/messages")
    old = seq_of(ana)
    later = Clock(source=lambda: classroom.clock.now_ms() + 1000)
    again = open_room(classroom.room.kept(), clock=later)  # the class was started again
    ana = Learner(ana.seat, Client(create_app(again)))
    answer = Waiting(ana, after=old).answer()
    assert answer["texts"] == []
    assert answer["seq"] > old
    ahead = Waiting(ana, after=answer["seq"] + 99).answer()
    assert ahead["seq"] == answer["seq"], "a count that was never given is answered at once, too"


def test_a_reset_and_the_end_of_the_class_end_the_wait(classroom: Classroom, ana: Learner) -> None:
    ana.send()
    waiting = Waiting(ana, after=seq_of(ana))
    classroom.room.reset(seat_id=ana.seat.id)
    answer = waiting.answer()
    assert answer["texts"] == []
    waiting = Waiting(ana, after=answer["seq"])
    classroom.room.close()
    assert waiting.answer()["texts"] == []


@pytest.mark.parametrize("query", ["after=x", "after=-1", "wait=26", "wait=1.5", "after=٣", f"after={'9' * 16}"])
def test_a_bad_query_is_a_422_that_says_what_to_give(ana: Learner, query: str) -> None:
    answer = ana.call("GET", f"/class/texts?{query}")
    assert answer.status_code == 422
    assert "Give a whole number" in words(answer)


# --- Progress and verified ---


def test_progress_is_the_whole_list_each_time(classroom: Classroom, ana: Learner) -> None:
    for passed, kept in ((["02.1", "01.1", "01.1"], ["01.1", "02.1"]), (["03.1"], ["03.1"]), ([], [])):
        assert ana.call("POST", "/class/progress", json={"passed": passed}).status_code == 204
        assert classroom.row(ana)["passed"] == kept


@pytest.mark.parametrize("passed", [None, "01.1", ["1.1"], ["01.1\n"], ["٠١.١"], [1], ["01.1"] * 61, {"01.1": True}])
def test_what_is_no_list_of_exercises_changes_nothing(classroom: Classroom, ana: Learner, passed: object) -> None:
    ana.call("POST", "/class/progress", json={"passed": ["01.1"]})
    answer = ana.call("POST", "/class/progress", json={"passed": passed})
    assert answer.status_code == 422
    assert "60 at most" in words(answer)
    assert classroom.row(ana)["passed"] == ["01.1"]


def test_verified_is_counted_once_an_id(classroom: Classroom, ana: Learner, ben: Learner) -> None:
    for verification in ("a", "b", "a", "x" * 64):
        assert ana.call("POST", "/class/verified", json={"id": verification}).status_code == 204
    ben.call("POST", "/class/verified", json={"id": "a"})
    assert (classroom.row(ana)["verified"], classroom.row(ben)["verified"]) == (3, 1)


def test_the_ids_of_verified_codes_do_not_pile_up(classroom: Classroom, ana: Learner) -> None:
    place = classroom.room.place(ana.seat.id)
    for number in range(1_500):
        place.note_verified(str(number))
    place.note_verified("1499")
    assert place.verified == 1_500
    assert len(place._verified_ids) == 1_000


@pytest.mark.parametrize("found", ["", "x" * 65, None, 1, ["a"]])
def test_an_id_that_is_none_is_a_422(ana: Learner, found: object) -> None:
    assert ana.call("POST", "/class/verified", json={"id": found}).status_code == 422


# --- Apart ---


def test_nobody_sees_anybody_elses_messages(ana: Learner, ben: Learner) -> None:
    sent = {
        version: ana.send(f"for Ana {version}", version=version).get_json()["data"]["id"]
        for version in ("v2", "v2.1", "v2.2")
    }
    assert len(ana.texts()) == 3
    assert ben.texts() == []
    for version, message_id in sent.items():
        assert ana.call("GET", f"/{version}/messages/{message_id}").status_code == 200
        assert ben.call("GET", f"/{version}/messages/{message_id}").status_code == 404
        assert ana.call("GET", f"/{version}/messages?start_date=2020-01-01").get_json()["data"]
        assert ben.call("GET", f"/{version}/messages?start_date=2020-01-01").get_json()["data"] == []


def test_nobody_sends_from_or_texts_to_anybody_elses_number(ana: Learner, ben: Learner) -> None:
    assert ana.send(**{"from": ben.seat.number}).status_code == 403
    texted = ana.call("POST", "/class/texts", json={"from": PHONE, "to": ben.seat.number, "body": "Hello"})
    assert texted.status_code == 422
    numbers = ana.call("GET", "/v2/numbers").get_json()["data"]
    assert [each["id"] for each in numbers] == [ana.seat.number]


def test_a_stop_counts_for_one_seat_alone(ana: Learner, ben: Learner) -> None:
    ana.call("POST", "/class/texts", json={"from": PHONE, "to": ana.seat.number, "body": "STOP"})
    assert ana.send().status_code == 400
    assert ben.send().status_code == 202


def test_the_rate_is_limited_a_seat(ana: Learner, ben: Learner) -> None:
    assert [ana.send().status_code for _ in range(6)] == [202] * 5 + [429]
    assert ben.send().status_code == 202


def test_a_fault_reaches_one_seat_or_all(classroom: Classroom, ana: Learner, ben: Learner) -> None:
    classroom.room.order_fault(Fault("error-500"), seat_id=ana.seat.id)
    assert (ana.send().status_code, ben.send().status_code) == (500, 202)
    classroom.room.order_fault(Fault("error-503"))
    assert (ana.send().status_code, ben.send().status_code) == (503, 503)
    assert (ana.send().status_code, ben.send().status_code) == (202, 202)


def test_keys_of_others_open_nothing(classroom: Classroom, ana: Learner, ben: Learner) -> None:
    secret = ben.seat.secret_key.reveal()
    strangers: list[dict[str, str]] = [
        basic(ana.seat.access_key, secret),
        basic("12345678", "practice-secret-key"),
        basic("", ""),
        {"Authorization": "Basic éé"},
        {"Authorization": f"Bearer {secret}"},
        {},
    ]
    for keys in strangers:
        for method, path in (
            ("GET", "/class/me"),
            ("GET", "/class/texts"),
            ("POST", "/v2.1/messages"),
            ("GET", "/v2/numbers"),
        ):
            answer = classroom.ask(method, path, headers=keys, **({"json": {}} if method == "POST" else {}))
            assert answer.status_code == 401, (path, keys)
            assert words(answer) == "Authentication failed."
            assert answer.headers["WWW-Authenticate"] == "Basic"


def test_a_learner_is_no_teacher_and_a_teacher_no_learner(classroom: Classroom, ana: Learner) -> None:
    assert ana.call("GET", "/class/board").status_code == 401
    key = classroom.room.teacher_key.reveal()
    bearer = {"Authorization": f"Bearer {ana.seat.secret_key.reveal()}"}
    assert classroom.ask("GET", "/class/board", headers=bearer).status_code == 401
    assert classroom.ask("GET", "/class/me", headers=basic(ana.seat.access_key, key)).status_code == 401


@pytest.mark.parametrize(
    "path",
    [
        "/_simulator/state",
        "/_simulator/requests",
        "/_simulator",
        "//_simulator/state",
        "/v2/../_simulator/state",
        "/v2/%2e%2e/_simulator/state",
        "/v2.1/_simulator/state",
        "/v2.3/messages",
        "/v22/messages",
    ],
)
def test_the_simulators_own_controls_are_out_of_reach(classroom: Classroom, ana: Learner, path: str) -> None:
    assert ana.call("GET", path).status_code == 404
    assert ana.call("POST", path.replace("state", "reset"), json={}).status_code in (404, 405)


# --- Paused ---


def test_while_the_class_is_paused_nothing_is_taken(classroom: Classroom, ana: Learner) -> None:
    classroom.room.paused = True
    for version in ("v2", "v2.1", "v2.2"):
        answer = ana.send(version=version)
        assert answer.status_code == 503
        assert answer.headers[PAUSED_HEADER] == "yes"
        assert "paused by your teacher" in words(answer)
        assert answer.content_type == ("application/json" if version == "v2" else "application/vnd.api+json")
    reply = {"from": PHONE, "to": ana.seat.number, "body": "NO"}
    answer = ana.call("POST", "/class/texts", json=reply)
    assert (answer.status_code, answer.headers[PAUSED_HEADER]) == (503, "yes")
    assert ana.call("GET", "/v2/numbers").status_code == 503
    assert classroom.ask("GET", "/v2/numbers").status_code == 401, "strangers are told nothing"
    assert ana.texts() == []
    assert classroom.row(ana)["refused"] == 0, "no mistake of the learner's"
    classroom.room.paused = False
    answer = ana.send()
    assert answer.status_code == 202
    assert PAUSED_HEADER not in answer.headers


def test_the_answers_are_the_simulators(ana: Learner) -> None:
    answer = ana.send(version="v2.2")
    assert answer.content_type == "application/vnd.api+json"
    assert answer.get_json()["data"]["links"]["self"].startswith(f"http://{HOST}/v2.2/messages/mdr2-")


def test_an_answer_that_never_comes_counts_as_refused(classroom: Classroom, ana: Learner) -> None:
    classroom.room.order_fault(Fault("reset-after"))
    with pytest.raises(ConnectionCut):
        ana.send()
    row = classroom.row(ana)
    assert (row["sent"], row["refused"]) == (1, 1), "it was carried out, and nobody was told"


# --- Nobody takes what the others need ---


def test_a_seat_cannot_fill_the_teachers_memory(ana: Learner) -> None:
    assert ana.send("x" * 40_000).status_code == 413
    seats, gibibyte = USUAL_SEATS, 2**30
    # Each request is kept with its answer, and a message beside it.
    assert HISTORY * 4 * LONGEST_REQUEST_BODY * seats < 3 * gibibyte


def test_a_seat_holds_a_handful_of_questions_and_answers_more_at_once(
    classroom: Classroom, ana: Learner, monkeypatch: pytest.MonkeyPatch
) -> None:
    feed = classroom.room.place(ana.seat.id).network.feed
    waits: list[float] = []
    monkeypatch.setattr(feed, "wait", lambda _after, seconds: waits.append(seconds) or feed.seq)
    seq = ana.call("GET", "/class/texts").get_json()["seq"]
    with ExitStack() as held:
        assert all(held.enter_context(classroom.room.place(ana.seat.id).holding()) for _ in range(MOST_HELD))
        assert ana.texts(f"?after={seq}&wait=25") == []
        assert waits == [0]
        assert not held.enter_context(classroom.room.place(ana.seat.id).holding())
    with classroom.room.place(ana.seat.id).holding() as may:
        assert may, "they were given back"


def test_waiting_goes_on_from_what_it_has_seen(
    classroom: Classroom, ana: Learner, monkeypatch: pytest.MonkeyPatch
) -> None:
    feed = classroom.room.place(ana.seat.id).network.feed
    seq = ana.call("GET", "/class/texts").get_json()["seq"]
    ana.call("GET", "/v2.1/messages")
    asked: list[int] = []

    def wait(after: int, _timeout: float) -> int:
        asked.append(after)
        if len(asked) == 2:
            feed.close()
        return feed.seq

    monkeypatch.setattr(feed, "wait", wait)
    ana.texts(f"?after={seq}&wait=25")
    assert asked[1] == feed.seq, "or it would look again and again"
