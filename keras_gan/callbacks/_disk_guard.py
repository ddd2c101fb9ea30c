"""A failed write gives one warning and does not stop training."""

import errno
import os
import re
import warnings

import tensorflow as tf

from keras_gan._files import reason_of

# How TensorFlow ends the first line of an error of the disk. Its classes do not tell: `ResourceExhaustedError` may be a
# full disk or a full device memory.
_WORDS_OF_THE_SYSTEM = "|".join(re.escape(os.strerror(number)) for number in errno.errorcode)
_OF_THE_DISK = re.compile(rf"([;:] ({_WORDS_OF_THE_SYSTEM})| is not a directory)( \[Op:.*)?$")


class DiskGuard:
    """A context for writes that training can do without: a failure gives one warning.

    A lost picture must not end a training run. So the guard catches errors such as a full disk or a missing
    directory, and training continues. The warning waits until `warn` is called, because in the middle of an epoch
    it would break the progress bar.

    Args:
        what: what is lost when a write fails, in the words of the warning.

    Example:
        >>> guard = DiskGuard("the picture")
        >>> with guard:
        ...     raise OSError(28, "No space left on device")
        >>> import warnings
        >>> with warnings.catch_warnings(record=True, action="always") as caught:
        ...     guard.warn()
        ...     guard.warn()
        >>> [str(warning.message) for warning in caught]
        ['Training continues without the picture: [Errno 28] No space left on device']
    """

    def __init__(self, what):
        self.what = what
        self._failure = None
        self._warned = False

    def __enter__(self):
        return self

    def __exit__(self, kind, error, traceback):
        if not _is_of_the_disk(error):
            return False
        self._failure = self._failure or error
        return True

    def warn(self):
        """Warn about the first failure. Later calls do nothing."""
        if self._failure is None or self._warned:
            return
        self._warned = True
        warnings.warn(f"Training continues without {self.what}: {reason_of(self._failure)}", stacklevel=2)


def _is_of_the_disk(error):
    # TensorFlow reports its own failed writes as an OpError, which is not an OSError.
    if isinstance(error, tf.errors.OpError):
        return _OF_THE_DISK.search(str(error).partition("\n")[0]) is not None
    return isinstance(error, OSError)
