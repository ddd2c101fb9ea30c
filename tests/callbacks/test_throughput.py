import re

import keras
import pytest

from keras_gan.callbacks import Throughput, throughput


@pytest.fixture
def clock(monkeypatch):
    """A clock that stands still until a test moves it."""

    class Clock:
        seconds = 100.0

    monkeypatch.setattr(throughput.time, "perf_counter", lambda: Clock.seconds)
    return Clock


def _begun(model):
    callback = Throughput()
    callback.set_model(model)
    callback.set_params({"steps": 9})
    callback.on_train_begin()
    return callback


def _step(callback, clock, batch, seconds):
    clock.seconds += seconds
    logs = {}
    callback.on_train_batch_end(batch, logs)
    return logs


def test_counts_from_the_end_of_the_step_that_compiles(make_gan, clock):
    callback = _begun(make_gan())
    callback.on_epoch_begin(0)
    assert _step(callback, clock, batch=0, seconds=60.0) == {}
    # Eight images a step.
    assert _step(callback, clock, batch=1, seconds=0.5) == {"images_per_second": 16.0}
    assert _step(callback, clock, batch=2, seconds=1.5) == {"images_per_second": 8.0}


def test_later_epochs_count_from_their_start_and_leave_validation_out(make_gan, clock):
    callback = _begun(make_gan())
    callback.on_epoch_begin(0)
    _step(callback, clock, batch=0, seconds=60.0)
    clock.seconds += 1000.0
    callback.on_epoch_begin(1)
    assert _step(callback, clock, batch=0, seconds=0.25) == {"images_per_second": 32.0}
    _step(callback, clock, batch=1, seconds=0.75)
    clock.seconds += 1000.0
    logs = {}
    callback.on_epoch_end(1, logs)
    assert logs == {"images_per_second": 16.0, "seconds_per_kimg": 62.5}


def test_a_first_epoch_of_one_step_says_nothing(make_gan, clock):
    callback = _begun(make_gan())
    callback.on_epoch_begin(0)
    _step(callback, clock, batch=0, seconds=60.0)
    logs = {}
    callback.on_epoch_end(0, logs)
    assert logs == {}


def test_a_second_training_compiles_again(make_gan, clock):
    callback = _begun(make_gan())
    callback.on_epoch_begin(0)
    _step(callback, clock, batch=0, seconds=1.0)
    callback.on_train_begin()
    callback.on_epoch_begin(0)
    assert _step(callback, clock, batch=0, seconds=60.0) == {}


def test_several_steps_in_one_execution(make_gan, clock):
    callback = _begun(make_gan())
    callback.on_epoch_begin(0)
    _step(callback, clock, batch=3, seconds=60.0)
    assert _step(callback, clock, batch=7, seconds=2.0) == {"images_per_second": 16.0}
    # The epoch ends with its ninth step, though Keras calls the last execution's last step the twelfth.
    assert _step(callback, clock, batch=11, seconds=0.5) == {"images_per_second": 16.0}


def test_the_progress_bar_and_the_history_show_it(make_gan, train, capfd):
    history = train(make_gan(), [Throughput()], verbose=1).history
    out, err = capfd.readouterr()
    assert err == ""
    last = re.sub(r"\x1b\[\d*m|\x08", "", out).rstrip().splitlines()[-1]
    shown = {name: float(value) for name, value in re.findall(r"(\w+): ([\d.e+-]+)", last)}
    assert set(shown) == {"d_loss", "g_loss", "images_per_second", "seconds_per_kimg"}
    for name, value in shown.items():
        assert value == pytest.approx(history[name][-1], rel=1e-3, abs=1e-4)
    # The bar shows it while the epoch runs, too.
    assert re.search(r"[1-4]/5\D.*images_per_second", re.sub(r"\x1b\[\d*m", "", out))


def test_seconds_and_images_agree_with_the_wall_clock(make_gan, train):
    import time

    naps = keras.callbacks.LambdaCallback(on_train_batch_begin=lambda batch, logs: time.sleep(0.02))
    history = train(make_gan(), [Throughput(), naps]).history
    # Five naps in an epoch of forty images: never faster than 400 a second.
    assert 40 < history["images_per_second"][-1] < 400
    assert history["seconds_per_kimg"][-1] == pytest.approx(1000 / history["images_per_second"][-1])


def test_later_callbacks_see_it(make_gan, train):
    seen = []
    spy = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: seen.append(sorted(logs)))
    train(make_gan(), [Throughput(), spy])
    assert seen == [["d_loss", "g_loss", "images_per_second", "seconds_per_kimg"]] * 2


def test_an_unknown_number_of_images_is_told_and_nothing_logged(make_gan, train):
    gan = make_gan()
    gan.images_per_step = None
    message = r"logs nothing, .*`images_per_step` is None\)\. Give the model an attribute `images_per_step`\.$"
    with pytest.warns(UserWarning, match=message):
        history = train(gan, [Throughput()]).history
    assert set(history) == {"d_loss", "g_loss"}
