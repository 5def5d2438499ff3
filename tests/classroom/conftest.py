"""A class for each test."""

from __future__ import annotations

import pytest
from classroom_bench import Classroom, Learner


@pytest.fixture
def classroom() -> Classroom:
    return Classroom()


@pytest.fixture
def ana(classroom: Classroom) -> Learner:
    return classroom.join("Ana")


@pytest.fixture
def ben(classroom: Classroom) -> Learner:
    return classroom.join("Ben")
