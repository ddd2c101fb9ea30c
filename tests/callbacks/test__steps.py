import pytest

from keras_gan.callbacks._steps import steps_done


@pytest.mark.parametrize("batch, steps, done", [(0, 5, 1), (4, 5, 5), (5, 5, 5), (5, None, 6)])
def test_counts_no_step_beyond_the_epoch(batch, steps, done):
    assert steps_done(batch, {"steps": steps}) == done
