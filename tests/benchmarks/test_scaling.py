"""The benchmark of growing work: the model with many players, the table and the picture."""

import importlib

import numpy as np
import pytest
from absl import flags
from absl.testing import flagsaver

import keras_gan


@pytest.fixture(scope="module")
def benchmark(load_script):
    """The script as a module."""
    return load_script("benchmarks", "scaling.py")


@pytest.mark.long
def test_all_pairs_are_trained():
    pairs = importlib.import_module("_pairs").Pairs(
        [keras_gan.networks.mlp(image_shape=(4, 4, 1), latent_dim=2, width=3) for _ in range(2)]
    )
    pairs.compile(run_eagerly=True)
    before = [weight.numpy() for weight in pairs.trainable_weights]
    pairs.fit(np.zeros((2, 4, 4, 1), "float32"), batch_size=2, verbose=0)
    assert len(pairs.players) == 4
    for player in pairs.players.values():
        assert int(player.optimizer.iterations) == 1
    assert all(np.any(old != new.numpy()) for old, new in zip(before, pairs.trainable_weights, strict=True))


def test_the_table_compares_time_with_work(benchmark):
    found = {
        8: {"ms": 10.0, "gflop": 2.0, "mib": 50.0},
        16: {"ms": 15.0, "gflop": 4.0, "mib": 60.4},
    }
    assert benchmark.rows("batch_size", found) == [
        "| images in a batch | 8 | 2.00 | 10.0 | 5.00 |  | 50 |",
        "| images in a batch | 16 | 4.00 | 15.0 | 3.75 | 1.50 for 2.00 | 60 |",
    ]


def test_the_picture_leaves_out_what_a_logarithm_has_no_place_for(benchmark, tmp_path):
    found = {1: {"ms": 10.0, "gflop": 2.0, "mib": 50.0}, 2: {"ms": 15.0, "gflop": 4.0, "mib": 60.0}}
    benchmark.draw({"width": found, "steps_before": {0: found[1]}}, tmp_path / "a" / "picture.png")
    benchmark.draw({"steps_before": {0: found[1]}}, tmp_path / "none.png")
    assert [path.name for path in tmp_path.rglob("*.png")] == ["picture.png"]


@pytest.mark.long
def test_a_measurement_has_its_own_process(benchmark):
    with flagsaver.flagsaver():
        flags.FLAGS(["scaling.py", "--steps=2"])
        sizes = {**benchmark.BASE, "batch_size": 2, "image_size": 16, "width": 2}
        one, two = (benchmark.measured({**sizes, "players": players}) for players in (2, 4))
    assert two["gflop"] == 2 * one["gflop"]
    assert one["ms"] > 0
    # TensorFlow's own memory is not the model's.
    assert 1 < one["mib"] < 500
