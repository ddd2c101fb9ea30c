"""Ctrl-C and the request of the system to end, which wait for the end of a training step."""

import signal
import threading


class Interrupts:
    """Notes SIGINT (Ctrl-C) and SIGTERM instead of ending the program, until the step in progress is saved.

    A second signal acts at once. Only the main thread of a program receives signals: in another thread nothing changes.
    """

    def __init__(self):
        self._before, self._received = {}, None

    def watch(self):
        """Begin to note signals, except those that the program ignores."""
        self._received = None
        if threading.current_thread() is not threading.main_thread():
            return
        for number in (signal.SIGINT, signal.SIGTERM):
            # None is a handler that was not set by Python, which could not be set again.
            if signal.getsignal(number) not in (None, signal.SIG_IGN):
                self._before[number] = signal.signal(number, self._note)

    def leave(self):
        """Restore the handlers that were there before."""
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before = {}

    @property
    def received(self):
        """Whether a signal came."""
        return self._received is not None

    def obey(self):
        """End the program as the signal asks: by KeyboardInterrupt, or by SystemExit with the status of SIGTERM."""
        if self._received == signal.SIGINT:
            raise KeyboardInterrupt
        raise SystemExit(128 + self._received)

    def _note(self, number, frame):  # noqa: ARG002 - Python fixes the signature
        self._received = number
        self.leave()
