"""Many requests from several clients at once: how long each takes, and whether all get an answer."""

import concurrent.futures
import contextlib
import dataclasses
import time

import numpy as np

from keras_gan_cli.serving_answers import ServingError


@dataclasses.dataclass
class Load:
    """The measurements of all requests.

    Attributes:
        latencies: seconds of each request with an answer.
        errors: one message for each request without one.
        seconds: from the first request to the last answer.
        batch: images of one request.
    """

    latencies: list
    errors: list
    seconds: float
    batch: int

    @property
    def images_per_second(self):
        """Images received, divided by the whole time."""
        return len(self.latencies) * self.batch / self.seconds

    def percentiles(self):
        """Return the latencies in milliseconds that 50, 95 and 99 % of the requests do not exceed."""
        return [1e3 * float(value) for value in np.percentile(self.latencies, [50, 95, 99])]


def run(connect, ask, *, requests, clients, batch):
    """Send requests from threads; each thread waits for an answer before its next request.

    Args:
        connect: function that returns a client, see `serving_clients`. Each thread has its own client.
        ask: function that takes a client and the number of the request, and returns the images.
        requests: int, the number of all requests.
        clients: int, the number of threads.
        batch: int, how many images each answer must hold; another number is a failure.

    Returns:
        `Load`.

    Raises:
        ServingError: if the first request of a client fails, because then all will. It is not counted.
    """
    with contextlib.ExitStack() as stack:
        ready = [stack.enter_context(contextlib.closing(connect())) for _ in range(clients)]
        for client in ready:
            ask(client, 0)
        threads = stack.enter_context(concurrent.futures.ThreadPoolExecutor(clients))
        start = time.perf_counter()
        # Each thread knows its requests in advance, so no lock is needed.
        shares = [range(first, requests, clients) for first in range(clients)]
        answers = [
            threads.submit(_work, client, ask, share, batch) for client, share in zip(ready, shares, strict=True)
        ]
        results = [answer.result() for answer in answers]
        seconds = time.perf_counter() - start
    latencies = [latency for found, _ in results for latency in found]
    return Load(latencies, [error for _, errors in results for error in errors], seconds, batch)


def _work(client, ask, numbers, batch):
    latencies, errors = [], []
    for number in numbers:
        start = time.perf_counter()
        try:
            received = len(ask(client, number))
        except ServingError as error:
            errors.append(str(error))
            continue
        if received == batch:
            latencies.append(time.perf_counter() - start)
        else:
            errors.append(f"Expected {batch} images. Received: {received}")
    return latencies, errors
