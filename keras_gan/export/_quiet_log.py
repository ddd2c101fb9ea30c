"""Keeping TensorFlow from telling of every file that it writes."""

import contextlib
import logging

import tensorflow as tf


@contextlib.contextmanager
def quiet_log():
    """Keep back what TensorFlow tells a program that logs at INFO about each file that it writes."""
    loggers = (tf.get_logger(), logging.getLogger("absl"))
    for logger in loggers:
        logger.addFilter(_is_serious)
    try:
        yield
    finally:
        for logger in loggers:
            logger.removeFilter(_is_serious)


def _is_serious(record):
    return record.levelno >= logging.WARNING
