import errno
import os
import resource
import signal
import warnings

import pytest
import tensorflow as tf

from keras_gan.callbacks._disk_guard import DiskGuard


@pytest.mark.parametrize(
    "error",
    [
        OSError(28, "No space left"),
        FileNotFoundError(2, "gone"),
        tf.errors.UnknownError(None, None, f"events.v2; {os.strerror(errno.EIO)}"),
        tf.errors.PermissionDeniedError(None, None, f"events.v2; {os.strerror(errno.EROFS)} [Op:WriteSummary] name: "),
    ],
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
            None, None, "{{function_node __w__Flush}} a.v2; No space left on device\n\tFailed to flush [Op:Flush] "
        )
    with pytest.warns(UserWarning, match=r"without the events: a.v2; No space left on device$"):
        guard.warn()


@pytest.mark.parametrize(
    "error",
    [
        ZeroDivisionError(),
        tf.errors.ResourceExhaustedError(None, None, "OOM when allocating tensor with shape[64] [Op:MatMul] name: "),
        tf.errors.InvalidArgumentError(None, None, "{{function_node __w__}} Nan in summary histogram for: x [Op:W]"),
        tf.errors.FailedPreconditionError(None, None, "Could not find variable w. It was not initialized. [Op:Read]"),
    ],
)
def test_other_errors_pass(error):
    with pytest.raises(type(error)), DiskGuard("the picture"):
        raise error


def open_below_a_file(directory):
    (directory / "file").touch()
    tf.summary.create_file_writer(str(directory / "file" / "logs"))


def open_in_no_file_system(directory):
    tf.summary.create_file_writer(f"/proc/{directory.name}")


def write_too_much(directory):
    with tf.summary.create_file_writer(str(directory)).as_default():
        for step in range(20):
            tf.summary.scalar("loss", 1.0, step=step)


@pytest.mark.parametrize("write", [open_below_a_file, open_in_no_file_system, write_too_much])
def test_what_tensorflow_says_of_the_disk_is_understood(tmp_path, write):
    """The words are those of TensorFlow: this fails where it changes them."""
    handler, (soft, hard) = signal.signal(signal.SIGXFSZ, signal.SIG_IGN), resource.getrlimit(resource.RLIMIT_FSIZE)
    guard = DiskGuard("the events")
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100, hard))
        with guard:
            write(tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, handler)
    with pytest.warns(UserWarning, match="not a directory|No such file|Permission denied|File too large"):
        guard.warn()


def test_nothing_is_said_when_nothing_failed():
    guard = DiskGuard("the picture")
    with guard:
        pass
    with warnings.catch_warnings(record=True, action="always") as caught:
        guard.warn()
    assert caught == []
