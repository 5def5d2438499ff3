"""The room: every seat with a network of its own, and what a teacher does with all of them. It knows no HTTP."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from helpers.classroom.joining import CodeGate
from helpers.classroom.kept import ClassFile, KeptClass
from helpers.classroom.seats import Seat, free_name, new_access_key, new_secret_key, own_number
from helpers.clock import Clock
from helpers.errors import CourseError
from helpers.secret import Secret
from helpers.simulator import Fault, SimulatedNetwork
from helpers.simulator.faults import MOST_FAULTS, InvalidFault

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

MOST_SEATS: Final = 500
USUAL_SEATS: Final = 60
HISTORY: Final = 300
"""How many messages and requests of a seat are kept: more than a lesson makes, and a class fits into memory."""

_VERIFIED_KEPT: Final = 1_000
MOST_HELD: Final = 8
"""How many questions for texts a seat may have held at once: one for each notebook that shows a phone."""
_NOBODY: Final = Secret("nobody has this key")
_log = logging.getLogger(__name__)


class ClassFull(CourseError):
    """All seats are taken."""


class NoSuchSeat(CourseError, LookupError):
    """There is no seat of that number in the class."""


class Place:
    """A seat while the class goes on: its network, and what has happened there. Safe to use from many threads."""

    def __init__(self, seat: Seat, *, clock: Clock, make_app: Callable[[Place], WSGIApplication]) -> None:
        self.seat = seat
        self.network: Final = SimulatedNetwork(
            clock=Clock(source=clock.now_ms, turnable=False),  # the room's time, and nobody turns it
            access_key=seat.access_key,
            secret_key=seat.secret_key.reveal(),
            numbers=[seat.number],
            history=HISTORY,
        )
        self.last_seen_ms: int | None = None
        self.sent = 0
        self.refused = 0
        self.verified = 0
        self._make_app = make_app
        self._app: WSGIApplication | None = None
        self._verified_ids: OrderedDict[str, None] = OrderedDict()
        self._lock = threading.Lock()
        self._held = threading.BoundedSemaphore(MOST_HELD)

    @contextmanager
    def holding(self) -> Iterator[bool]:
        """Whether one more question for texts may be held: a learner has a handful of notebooks, and not hundreds."""
        may = self._held.acquire(blocking=False)
        try:
            yield may
        finally:
            if may:
                self._held.release()

    @property
    def app(self) -> WSGIApplication:
        """Flowroute's API over this seat's network: made when it is asked for, since not every seat is used."""
        with self._lock:
            if self._app is None:
                self._app = self._make_app(self)
            return self._app

    def note_sent(self) -> None:
        """A message of the seat was accepted."""
        with self._lock:
            self.sent += 1

    def note_refused(self) -> None:
        """A request of the seat got an error, or no answer."""
        with self._lock:
            self.refused += 1

    def note_verified(self, verification_id: str) -> None:
        """A code was approved in the learner's course: counted once an id, however often it is told."""
        with self._lock:
            if verification_id in self._verified_ids:
                return
            self._verified_ids[verification_id] = None
            self.verified += 1
            if len(self._verified_ids) > _VERIFIED_KEPT:
                self._verified_ids.popitem(last=False)

    def reset(self) -> None:
        """The network as at its beginning, and all counts at 0."""
        self.network.reset()
        with self._lock:
            self.sent = self.refused = self.verified = 0
            self._verified_ids.clear()

    def close(self) -> None:
        """Let go of everybody who waits for this seat's network."""
        self.network.faults.close()
        self.network.feed.close()


@dataclass(frozen=True, slots=True)
class Order:
    """A fault that was ordered for the room, with the id that it has at each seat."""

    fault: Fault
    at: dict[int, int]
    only: int | None = None
    """The seat that it was ordered for; ``None``: for all."""


class Room:
    """A class that is going on. Safe to use from many threads."""

    def __init__(
        self,
        kept: KeptClass,
        *,
        clock: Clock,
        make_app: Callable[[Place], WSGIApplication],
        file: ClassFile | None = None,
        most_seats: int = USUAL_SEATS,
        exercises: Mapping[str, str] | None = None,
    ) -> None:
        """Open the room.

        Args:
            kept: the class so far, or :meth:`KeptClass.afresh`.
            clock: the time of the whole room.
            make_app: makes the API of a seat.
            file: where the class is kept; ``None``: nowhere.
            most_seats: how many may join, 1 to 500. Seats that are kept stay, even if they are more.
            exercises: id → title of every exercise, in the order of the course, as far as known here.

        Raises:
            ValueError: most_seats is out of range.
        """
        if not 1 <= most_seats <= MOST_SEATS:
            raise ValueError(f"A class has 1 to {MOST_SEATS} seats.")
        self.name: Final = kept.name
        self.code: Final = kept.code
        self.teacher_key: Final = kept.teacher_key
        self.clock: Final = clock
        self.exercises: Final = dict(exercises or {})
        self.most_seats: Final = most_seats
        self.paused = False
        self.not_kept = ""
        """Why the class could not be written down the last time; empty if it could."""
        self.join_addresses: Sequence[str] = ()
        """Where learners join, as the server found it out when it was started."""
        self.started_ms: Final = clock.now_ms()
        self._gate: Final = CodeGate(kept.code, clock=clock)
        self._make_app = make_app
        self._file = file
        self._next_seat = kept.next_seat
        self._lock = threading.RLock()
        self._saving = threading.Lock()
        self._places: dict[int, Place] = {}
        self._by_key: dict[str, Place] = {}
        self._orders: list[Order] = []
        for seat in kept.seats:
            self._put(seat)

    # --- seats --------------------------------------------------------------------------------------------------

    def join(self, name: str, code: object, *, address: str = "") -> Seat:
        """Take a seat with the class code. ``name`` is clean (:func:`~helpers.classroom.seats.clean_name`).

        Raises:
            WrongClassCode: it is not the code of this class.
            TooManyWrongCodes: this address, or the whole room, has guessed too often.
            ClassFull: all seats are taken.
        """
        self._gate.check(code, address=address)
        seat = self._take_seat(name)
        self.keep()
        return seat

    def make_seats(self, count: int) -> list[Seat]:
        """Take ``count`` seats ahead, for a sheet to hand out: Seat 1, Seat 2, …

        Raises:
            ClassFull: there are not so many left; none was taken.
        """
        with self._lock:
            if len(self._places) + count > self.most_seats:
                left = self.most_seats - len(self._places)
                raise ClassFull(f"Only {max(0, left)} of {self.most_seats} seats are left. Begin a class with --new.")
            seats = [self._take_seat(f"Seat {self._next_seat}") for _ in range(count)]
        self.keep()
        return seats

    def _take_seat(self, name: str) -> Seat:
        with self._lock:
            if len(self._places) >= self.most_seats:
                raise ClassFull(f"All {self.most_seats} seats of this class are taken. Ask your teacher for one.")
            seat = Seat(
                id=self._next_seat,
                name=free_name(name, [place.seat.name for place in self._places.values()]),
                access_key=new_access_key(self._by_key),
                secret_key=new_secret_key(),
                number=own_number(self._next_seat),
                joined_at_ms=self.clock.now_ms(),
            )
            self._next_seat += 1
            self._put(seat)
        return seat

    def _put(self, seat: Seat) -> None:
        place = Place(seat, clock=self.clock, make_app=self._make_app)
        with self._lock:
            self._places[seat.id] = self._by_key[seat.access_key] = place
            self._order_standing_faults(place)

    def remove(self, seat_id: int) -> None:
        """Take a seat away, with all that is in it: its keys open nothing any more.

        Raises:
            NoSuchSeat: there is none of that number.
        """
        with self._lock:
            place = self.place(seat_id)
            del self._places[seat_id], self._by_key[place.seat.access_key]
            for order in self._orders:
                order.at.pop(seat_id, None)
        place.close()
        self.keep()

    @property
    def places(self) -> list[Place]:
        """All seats, in the order in which they were taken."""
        with self._lock:
            return list(self._places.values())

    def place(self, seat_id: int) -> Place:
        """The seat of that number.

        Raises:
            NoSuchSeat: there is none.
        """
        with self._lock:
            if seat_id not in self._places:
                raise NoSuchSeat(f"There is no seat {seat_id} in this class.")
            return self._places[seat_id]

    def admit(self, access_key: str, secret_key: str) -> Place | None:
        """The seat of these keys, which has been seen now; ``None`` for keys of nobody. Compared in constant time."""
        with self._lock:
            place = self._by_key.get(access_key)
        right = Secret(secret_key) == (place.seat.secret_key if place else _NOBODY)
        if place is None or not right:
            return None
        place.last_seen_ms = self.clock.now_ms()
        return place

    # --- progress -----------------------------------------------------------------------------------------------

    def set_progress(self, place: Place, passed: Sequence[str]) -> None:
        """What a learner has passed by now: the whole list, which replaces the one before."""
        found = tuple(sorted(set(passed)))
        with self._lock:
            if place.seat.passed == found:
                return
            place.seat = replace(place.seat, passed=found)
        self.keep()

    def next_exercise(self, passed: Sequence[str]) -> str | None:
        """Where a learner is: the exercise after the furthest one passed; at the end, the first that was left out.

        ``None``: all are passed, or nobody has said which there are.
        """
        order = list(self.exercises)
        reached = max((place + 1 for place, each in enumerate(order) if each in passed), default=0)
        return next((each for each in (*order[reached:], *order[:reached]) if each not in passed), None)

    # --- what a teacher does ------------------------------------------------------------------------------------

    def is_teacher(self, key: str) -> bool:
        """Whether that is the teacher's key, in constant time."""
        return Secret(key) == self.teacher_key

    def order_fault(self, fault: Fault, *, seat_id: int | None = None) -> None:
        """Let something go wrong at one seat or at all of them; one without an end also at seats that join later.

        Raises:
            NoSuchSeat: there is no seat of that number.
            InvalidFault: there are too many faults already.
        """
        with self._lock:
            places = self.places if seat_id is None else [self.place(seat_id)]
            self._drop_what_is_over()
            if len(self._orders) >= MOST_FAULTS:  # each seat looks too, but there may be none yet
                raise InvalidFault({"fault": f"There are {MOST_FAULTS} faults already. Mend first."})
            at = {place.seat.id: place.network.faults.add(fault).id for place in places}
            self._orders.append(Order(fault, at, only=seat_id))

    def faults(self) -> list[dict[str, Any]]:
        """The faults in force, oldest first: what was ordered, and at how many seats it may still strike."""
        with self._lock:
            self._drop_what_is_over()
            return [self._fault_view(order) for order in self._orders]

    def _fault_view(self, order: Order) -> dict[str, Any]:
        fault = order.fault
        return {
            "kind": fault.kind,
            "times": fault.times,
            "seconds": fault.seconds,
            "seat": order.only,
            "seats_left": self._seats_left(order),
        }

    def _seats_left(self, order: Order) -> int:
        return sum(
            any(fault.id == fault_id for fault in self._places[seat_id].network.faults.list())
            for seat_id, fault_id in order.at.items()
        )

    def _drop_what_is_over(self) -> None:
        # One without an end is in force for those who join later, even while the room is empty.
        self._orders = [order for order in self._orders if _stands(order) or self._seats_left(order)]

    def _order_standing_faults(self, place: Place) -> None:
        for order in self._orders:
            if _stands(order):
                order.at[place.seat.id] = place.network.faults.add(order.fault).id

    def mend(self) -> None:
        """Take all faults back, at every seat."""
        with self._lock:
            self._orders.clear()
            for place in self._places.values():
                place.network.faults.clear()

    def reset(self, *, seat_id: int | None = None, progress: bool = False) -> None:
        """One seat or all as at the beginning: no messages, no log, counts at 0, and with ``progress`` nothing passed.

        For all seats it mends as well. One seat alone stays under the faults without an end that the whole room has.

        Raises:
            NoSuchSeat: there is no seat of that number.
        """
        with self._lock:
            places = self.places if seat_id is None else [self.place(seat_id)]
            for place in places:
                place.reset()
                if progress:
                    place.seat = replace(place.seat, passed=())
            if seat_id is None:
                self._orders.clear()
            else:
                for order in self._orders:
                    order.at.pop(seat_id, None)
                self._order_standing_faults(places[0])
        if progress:
            self.keep()

    def close(self) -> None:
        """Let go of everybody who waits: the class is over."""
        for place in self.places:
            place.close()

    # --- keeping ------------------------------------------------------------------------------------------------

    def kept(self) -> KeptClass:
        """The class as it may be kept."""
        with self._lock:
            return KeptClass(
                name=self.name,
                code=self.code,
                teacher_key=self.teacher_key,
                next_seat=self._next_seat,
                seats=tuple(place.seat for place in self._places.values()),
            )

    def keep(self) -> None:
        """Write the class down. Where that fails the class goes on, and the board says so: it loses nobody's work."""
        if self._file is None:
            return
        with self._saving:  # the newest state is read inside, so that no older one is written over it
            try:
                self._file.save(self.kept())
                self.not_kept = ""
            except OSError as problem:
                self.not_kept = problem.strerror or "it cannot be written"
                _log.warning("The class cannot be written down: %s.", self.not_kept)

    def __iter__(self) -> Iterator[Place]:
        return iter(self.places)

    def __repr__(self) -> str:
        return f"<Room, {len(self._places)} seats{', paused' if self.paused else ''}>"


def _stands(order: Order) -> bool:
    return order.only is None and order.fault.times is None
