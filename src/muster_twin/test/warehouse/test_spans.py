from random import Random
from statistics import fmean, stdev

import pytest

from muster_core.errors import ConfigError
from muster_twin.warehouse.spans import Shape, Span, parse_span


@pytest.mark.parametrize("shape", [Shape.LOGNORMAL, Shape.NORMAL])
def test_draws_have_the_mean_and_deviation_asked_for(shape):
    chance = Random(1)
    draws_s = [Span(20.0, 4.0, shape).draw(chance) for _ in range(5000)]
    assert fmean(draws_s) == pytest.approx(20.0, rel=0.02)
    assert stdev(draws_s) == pytest.approx(4.0, rel=0.05)
    assert min(draws_s) >= 0


def test_normal_draws_are_cut_off_at_nothing():
    chance = Random(1)
    assert min(Span(1.0, 5.0, Shape.NORMAL).draw(chance) for _ in range(1000)) >= 0


def test_no_deviation_is_always_the_mean():
    assert {Span(7.0).draw(Random(seed)) for seed in range(5)} == {7.0}


@pytest.mark.parametrize("text", ["8", "lognormal:8:3", "normal:8:3"])
def test_text_is_read_as_it_is_written(text):
    assert str(parse_span(text, "--pick")) == text


@pytest.mark.parametrize("text", ["", "x", "8:x", "8:3:1", "-8", "weibull:8:3", "8:-1", "nan"])
def test_what_is_no_span_is_refused_by_name(text):
    with pytest.raises(ConfigError, match="--pick is"):
        parse_span(text, "--pick")
