"""Every argument of every public callable, spoiled in every way: a clear message, or an answer that was reviewed.

python -m pytest -m long tests/fuzz
"""

import collections
import contextlib
import inspect
import pathlib
import re
import runpy
import signal
import traceback
import warnings

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_gan

ROOT = pathlib.Path(keras_gan.__file__).parent
SECONDS = 25
CALLS = runpy.run_path(str(pathlib.Path(__file__).with_name("calls.py")))["CALLS"]
ACCEPTED = runpy.run_path(str(pathlib.Path(__file__).with_name("accepted.py")))

# What a caller may be told: the package's own words. `tf.errors` and `TypeError` come from deep inside.
CLEAR = (ValueError, OSError, ImportError)


class TooSlow(BaseException):
    """Nothing may catch it on the way."""


def spoiled(argument, good):
    """Bad values for an argument, by name."""
    values = {
        "None": None,
        "text": "no",
        "no text": "",
        "bytes": b"x",
        "minus one": -1,
        "zero": 0,
        "fraction": 2.5,
        "NaN": float("nan"),
        "infinity": float("inf"),
        "2^40": 2**40,
        "2^70": 2**70,
        "1e308": 1e308,
        "True": True,
        "complex": 1j,
        "empty list": [],
        "empty dict": {},
        "list of None": [None],
        "ragged list": [[1], [1, 2]],
        "object": object(),
        "function": lambda *_: None,
        "class": int,
        "empty array": np.zeros((0,)),
        "array": np.zeros((2, 3)),
        "array of text": np.array(["a"]),
        "NaN of numpy": np.float32("nan"),
    }
    if callable(good) or argument in ACCEPTED["FUNCTIONS"]:
        # A function of the user's own may do as it likes.
        del values["function"], values["class"]
    if isinstance(good, np.ndarray | tf.Tensor) and np.ndim(good):
        values |= _spoiled_array(np.asarray(good))
    return values


def _spoiled_array(good):
    random = np.random.default_rng(0)
    with_nan = good.astype("float32")
    with_nan.flat[random.integers(good.size)] = np.nan
    return {
        "no rows": good[:0],
        "another rank": good[None],
        "flat": good.reshape(-1),
        "another size": np.concatenate([good, good], axis=-1),
        "fewer rows": good[:-1],
        "NaN inside": with_nan,
        "huge inside": good.astype("float32") + np.float32(1e38),
        "integers": (100 * good).astype("int64"),
        "uint8": (100 * good).astype("uint8"),
        "complex inside": good.astype("complex64"),
        "text inside": good.astype(str),
        "objects inside": good.astype(object),
        "booleans": good > 0,
    }


def outcome(function, arguments):
    """What a call does: "accepted", "clear", or what is wrong with its answer."""
    try:
        with warnings.catch_warnings(), alarm(SECONDS):
            warnings.simplefilter("ignore")
            function(**arguments)
    except TooSlow:
        return f"takes more than {SECONDS} s"
    except CLEAR as error:
        return "clear" if _is_clear(error) else f"deep: {_place(error)}"
    except Exception as error:
        return f"deep: {_place(error)}"
    return "accepted"


def _is_clear(error):
    """Whether the package says what it received, or Keras says what is wrong with it."""
    if isinstance(error, ImportError) or (isinstance(error, OSError) and error.filename is not None):
        return True
    origin = pathlib.Path(traceback.extract_tb(error.__traceback__)[-1].filename)
    if ROOT in origin.parents:
        return "Received: " in str(error)
    return "keras" in origin.parts and _KERAS_OWN.search(str(error)) is not None


_KERAS_OWN = re.compile(
    "Received|expected shape|incompatible with|Invalid input shape|Could not interpret|Unknown `config`"
)


def _place(error):
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} in {pathlib.Path(last.filename).name}:{last.lineno}: {str(error)[:80]!r}"


@contextlib.contextmanager
def alarm(seconds):
    def ring(*_):
        raise TooSlow

    signal.signal(signal.SIGALRM, ring)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)


def is_accepted(name, argument, value):
    """Whether the reviewed list has this value: for the argument of this callable, or of every callable."""
    rooms = ACCEPTED["HERE"].get(f"{name}.{argument}"), ACCEPTED["EVERYWHERE"].get(argument)
    return any(value in values for values in rooms if values is not None)


@pytest.mark.long
@pytest.mark.parametrize("name", CALLS)
def test_a_spoiled_argument_is_refused_clearly_or_was_reviewed(name, monkeypatch, tmp_path):
    # What is taken for a path ends up here.
    monkeypatch.chdir(tmp_path)
    good = CALLS[name]()[1]
    found = collections.defaultdict(list)
    for argument in good:
        for label, value in spoiled(argument, good[argument]).items():
            function, arguments = CALLS[name]()
            answer = outcome(function, dict(arguments) | {argument: value})
            if answer != "clear" and not (answer == "accepted" and is_accepted(name, argument, label)):
                found[f"{argument}: {answer}"].append(label)
    assert not found, "\n".join(f"{place}  <- {', '.join(labels)}" for place, labels in found.items())


@pytest.mark.long
@pytest.mark.parametrize("name", CALLS)
def test_the_good_call_is_good(name):
    function, arguments = CALLS[name]()
    if name in ACCEPTED["NEED_MORE"]:
        with pytest.raises(CLEAR):
            function(**arguments)
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        function(**arguments)


def test_every_public_callable_is_called():
    public = {
        f"{room}.{name}"
        for room in keras_gan.__all__
        if inspect.ismodule(getattr(keras_gan, room))
        for name in getattr(keras_gan, room).__all__
    }
    assert public - set(CALLS) == set(ACCEPTED["NOT_CALLED"])


@pytest.mark.long
@pytest.mark.parametrize("name", CALLS)
def test_every_argument_is_spoiled(name):
    function, arguments = CALLS[name]()
    accepted = inspect.signature(function).parameters.values()
    asked = {each.name for each in accepted if each.kind in (each.POSITIONAL_OR_KEYWORD, each.KEYWORD_ONLY)}
    if not isinstance(function, type) or not issubclass(function, keras.layers.Layer):
        assert asked <= set(arguments) | ACCEPTED["LEFT_OUT"]
