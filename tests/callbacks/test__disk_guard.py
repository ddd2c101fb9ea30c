import warnings

import pytest
import tensorflow as tf

from keras_gan.callbacks._disk_guard import DiskGuard


@pytest.mark.parametrize(
    "error", [OSError(28, "No space left"), FileNotFoundError(2, "gone"), tf.errors.UnknownError(None, None, "io")]
)
def test_a_failed_write_costs_one_warning_and_later(error):
    guard = DiskGuard("the picture")
    for _ in range(2):
        with guard:
            raise error
    with pytest.warns(UserWarning, match="Training continues without the picture: "):
        guard.warn()
    # A second warning would be an error in the tests.
    guard.warn()


def test_the_first_failure_is_the_one_that_is_told():
    guard = DiskGuard("the picture")
    for text in ("first", "second"):
        with guard:
            raise OSError(text)
    with pytest.warns(UserWarning, match="first"):
        guard.warn()


def test_of_tensorflows_words_those_of_the_disk_are_told():
    guard = DiskGuard("the events")
    with guard:
        raise tf.errors.ResourceExhaustedError(
            None, None, "{{function_node __wrapped__Flush}} a.v2; No space left\n\tFailed to flush [Op:Flush] name: "
        )
    with pytest.warns(UserWarning, match=r"without the events: a.v2; No space left$"):
        guard.warn()


def test_other_errors_pass():
    with pytest.raises(ZeroDivisionError), DiskGuard("the picture"):
        _ = 1 / 0


def test_nothing_is_said_when_nothing_failed():
    guard = DiskGuard("the picture")
    with guard:
        pass
    with warnings.catch_warnings(record=True, action="always") as caught:
        guard.warn()
    assert caught == []
