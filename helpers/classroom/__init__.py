"""A class on one machine: a teacher serves the practice network to a room, and every learner has one to himself.

``python -m helpers.classroom`` serves it. Where things live:

* what a seat is (``seats.py``), what is kept of a class (``kept.py``), who may come in and how often one may guess
  (``joining.py``), and the room itself, which knows nothing of HTTP (``room.py``);
* the ways in: ``app.py`` sends Flowroute's API to the simulator of the seat whose keys came along, and the rest to
  ``learners.py`` (what a learner's program asks), ``board.py`` (what the teacher's page asks) and ``pages.py``;
  ``guard.py`` keeps pages of other sites out; ``masking.py`` hides what is not the teacher's to read;
* ``page/``: the page to join and the board; ``sheet.py``: seats to print and cut out.

Like the simulator it stands apart: it is the other end of the wire. The learner's side is ``helpers.shared_network``.
"""

from __future__ import annotations

from helpers.classroom.app import create_app, open_room
from helpers.classroom.room import Room

__all__ = ["Room", "create_app", "open_room"]
