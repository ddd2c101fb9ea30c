"""What a failed write costs."""

import warnings

import tensorflow as tf


class DiskGuard:
    """A context for writes that training can do without: a failure costs one warning.

    Pictures and curves are not worth a training run, so a full disk or a vanished directory inside the
    context is kept and the run goes on. The warning waits for `warn`, because in the middle of an epoch it
    would tear the progress bar apart.

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
        ['Training goes on without the picture: [Errno 28] No space left on device']
    """

    def __init__(self, what):
        self.what = what
        self._failure = None
        self._warned = False

    def __enter__(self):
        return self

    def __exit__(self, kind, error, traceback):
        # TensorFlow reports a failed write of its own as an OpError, which is no OSError.
        if not isinstance(error, (OSError, tf.errors.OpError)):
            return False
        self._failure = self._failure or error
        return True

    def warn(self):
        """Warn of the first failure, the first time that it is called after one."""
        if self._failure is None or self._warned:
            return
        self._warned = True
        warnings.warn(f"Training goes on without {self.what}: {self._failure}", stacklevel=2)
