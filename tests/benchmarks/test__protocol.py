"""What the benchmarks of published protocols share."""

import gzip
import types

import numpy as np
import pytest
import tensorflow as tf

import keras_gan


@pytest.fixture(scope="module")
def protocol(load_script):
    """The module."""
    return load_script("benchmarks", "_protocol.py")


def test_a_finished_run_is_not_run_again(protocol, tmp_path):
    runs = []

    def run():
        runs.append(1)
        return {"modes": np.float64(8).item(), "pair": (1, 2)}

    for _ in range(2):
        log = protocol.RunLog(tmp_path / "new" / "log.jsonl")
        assert log.result({"gan": "WGAN", "seeds": (0, 1)}, run) == {"modes": 8.0, "pair": [1, 2]}
    assert len(runs) == 1
    log.result({"gan": "WGAN", "seeds": (0, 2)}, run)
    assert len(runs) == 2
    assert len(log.path.read_text().splitlines()) == 2


def test_a_run_that_fails_leaves_nothing_behind(protocol, tmp_path):
    log = protocol.RunLog(tmp_path / "log.jsonl")
    with pytest.raises(ZeroDivisionError):
        log.result({"gan": "WGAN"}, lambda: 1 / 0)
    assert log.find({"gan": "WGAN"}) is None


def test_gans_by_name(protocol):
    assert protocol.gan_class("WGANGP") is keras_gan.WGANGP
    with pytest.raises(ValueError, match=r"choose from .*HingeGAN, LSGAN, .*Received: 'TwoPlayerGAN'"):
        protocol.gan_class("TwoPlayerGAN")


@pytest.mark.parametrize(
    "steps, at_most, expected", [(25000, 10, 10), (18750, 50, 50), (7, 5, 1), (12, 5, 4), (1, 9, 1)]
)
def test_equal_parts(protocol, steps, at_most, expected):
    assert protocol.epochs_of(steps, at_most) == expected


@pytest.mark.long
def test_fit_trains_for_exactly_so_many_steps_and_says_how_long_one_takes(protocol, tmp_path):
    def train(run_dir):
        gan = keras_gan.LSGAN(*keras_gan.networks.mlp(image_shape=(2,), latent_dim=2, width=4))
        gan.compile()
        points = tf.data.Dataset.from_tensors(np.zeros((4, 2), "float32")).repeat()
        checkpoint = keras_gan.callbacks.Checkpoint(run_dir, every=5)
        return gan, protocol.fit(gan, points, 15, epochs=5, callbacks=[checkpoint])

    gan, trained = train(tmp_path)
    assert int(gan.training_state.step.value) == 15
    assert set(trained) == {"ms_per_step", "d_loss", "g_loss"}
    assert 0 < trained["ms_per_step"] < 1000
    with pytest.warns(UserWarning, match="its data begin again"):
        finished, again = train(tmp_path)
    assert again == trained
    assert finished.fingerprint() == gan.fingerprint()


def test_the_time_of_a_step_leaves_the_first_epoch_out(protocol, monkeypatch):
    times = iter([0.0, 100.0, 100.0, 102.0, 102.0, 106.0, 106.0, 109.0])
    monkeypatch.setattr(protocol, "time", types.SimpleNamespace(perf_counter=lambda: next(times)))

    class Fake:
        def fit(self, dataset, *, epochs, callbacks, **options):
            for epoch in range(epochs):
                callbacks[0].on_epoch_begin(epoch)
                callbacks[0].on_epoch_end(epoch)
            return types.SimpleNamespace(history={"d_loss": [2.0, 1.0]})

    assert protocol.fit(Fake(), None, 40, epochs=4) == {"ms_per_step": 300.0, "d_loss": 1.0}


def test_a_split_of_idx_files(protocol, tmp_path):
    pixels, labels = np.arange(24, dtype=np.uint8).reshape(2, 3, 4), np.array([7, 1], np.uint8)
    header = b"\0\0\x08\x03" + np.array([2, 3, 4], ">i4").tobytes()
    (tmp_path / "t10k-images-idx3-ubyte.gz").write_bytes(gzip.compress(header + pixels.tobytes()))
    header = b"\0\0\x08\x01" + np.array([2], ">i4").tobytes()
    (tmp_path / "t10k-labels-idx1-ubyte.gz").write_bytes(gzip.compress(header + labels.tobytes()))
    images, found = protocol.read_split(tmp_path, "test")
    np.testing.assert_array_equal(images, pixels[..., np.newaxis])
    np.testing.assert_array_equal(found, labels)
    (tmp_path / "t10k-images-idx3-ubyte.gz").write_bytes(gzip.compress(b"P5 28 28"))
    with pytest.raises(ValueError, match=r"no IDX file of unsigned bytes. Received: .*t10k-images"):
        protocol.read_split(tmp_path, "test")
