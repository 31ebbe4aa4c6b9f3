"""Progress of a job: the ranges of the specification, monotonic, 100 only at the end."""

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.languages import LANGUAGES
from contracts.steps import MESSAGES, PROGRESS_RANGE, Step, current_step, overall_progress

shares = st.dictionaries(st.sampled_from(list(Step)), st.floats(0, 1))


def test_the_ranges_are_those_of_the_specification_and_sum_to_100() -> None:
    ends = [0, 15, 40, 50, 60, 85, 95, 100]
    assert list(PROGRESS_RANGE) == list(Step)
    assert list(PROGRESS_RANGE.values()) == list(pairwise(ends))
    assert sum(high - low for low, high in PROGRESS_RANGE.values()) == 100


@pytest.mark.parametrize("finished", range(len(Step) + 1))
def test_finished_steps_reach_the_end_of_their_range(finished: int) -> None:
    done = dict.fromkeys(list(Step)[:finished], 1.0)
    assert overall_progress(done) == [0, 15, 40, 50, 60, 85, 95, 100][finished]


@given(before=shares, step=st.sampled_from(list(Step)), more=st.floats(0, 1))
def test_more_of_any_step_never_lowers_it(before: dict[Step, float], step: Step, more: float) -> None:
    after = {**before, step: max(more, before.get(step, 0.0))}
    assert 0 <= overall_progress(before) <= overall_progress(after) <= 100


@given(shares)
def test_100_means_that_every_step_is_finished(done: dict[Step, float]) -> None:
    if any(done.get(step, 0.0) < 0.999 for step in Step):
        assert overall_progress(done) < 100


@given(shares)
def test_the_current_step_is_the_earliest_unfinished_one(done: dict[Step, float]) -> None:
    step = current_step(done)
    earlier = list(Step)[: list(Step).index(step)]
    assert all(done.get(each, 0.0) >= 1.0 for each in earlier)
    assert step is Step.FINALIZE or done.get(step, 0.0) < 1.0


@pytest.mark.parametrize("share", [-1.0, -math.inf, 2.0, math.inf])
def test_shares_outside_of_their_range_count_as_its_ends(share: float) -> None:
    assert overall_progress({Step.VALIDATE_SCRIPT: share}) == (15 if share > 0 else 0)


def test_every_step_has_a_message_in_every_language() -> None:
    assert set(MESSAGES) == set(LANGUAGES)
    for messages in MESSAGES.values():
        assert set(messages) == set(Step)
    assert MESSAGES["ko"][Step.COMPOSE_VIDEO] == "영상 합성 중..."
