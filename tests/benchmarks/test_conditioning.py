"""The benchmark of ways to condition: its budget, its data and its table."""

import types

import numpy as np
import pytest
from absl import app
from absl.testing import flagsaver

import keras_gan


@pytest.fixture(scope="module")
def script(load_script):
    """The script as a module, its flags at their defaults, without Fashion-MNIST."""
    module = load_script("benchmarks", "conditioning.py")
    module.FLAGS(["conditioning.py", "--data=digits", "--data_dir="])
    return module


def test_the_budget_ends_the_training_after_the_step_that_uses_it_up(script, monkeypatch):
    clock = iter([5.0, 5.9, 6.0])
    monkeypatch.setattr(script.time, "process_time", lambda: next(clock))
    budget, model = script.Budget(1.0), types.SimpleNamespace(stop_training=False)
    budget.set_model(model)
    for step, stopped in enumerate([False, False, True]):
        budget.on_train_batch_end(step)
        assert model.stop_training is stopped
    assert budget.steps == 3


def test_digits_are_bytes_of_ten_classes(script):
    images, labels = script.images_of("digits", "test")
    assert (images.shape, images.dtype, images.min(), images.max()) == ((360, 16, 16, 1), np.uint8, 0, 255)
    assert set(labels) == set(range(10))


@pytest.mark.parametrize(
    "flags, message",
    [
        ({"ways": ["acgan"]}, r"--ways must be some of 'concatenation', 'ACGAN'.*Received: 'acgan'"),
        ({"data": ["mnist"]}, r"--data of digits, fashion-mnist. Received: 'mnist'"),
        ({"data": ["fashion-mnist"]}, r"Give --data_dir, or set \$KERAS_GAN_TEST_DATA"),
    ],
)
def test_flags_that_make_no_sense(script, flags, message):
    with flagsaver.flagsaver(**flags), pytest.raises(app.UsageError, match=message):
        script.main(["conditioning.py"])


@pytest.mark.parametrize("way, loss", [("ACGAN", "real_and_fake"), ("ACGAN real", "real")])
def test_the_two_forms_of_acgan(script, way, loss):
    gan = script.WAYS[way]((8, 8, 1), 0)
    assert (type(gan), gan.classified, gan.num_classes) == (keras_gan.ACGAN, loss, 10)


def test_the_projection_adds_what_a_class_finds_in_the_features(script):
    judge = script.projection((8, 8, 1), 0).discriminator
    image = np.random.default_rng(0).uniform(-1, 1, (1, 8, 8, 1)).astype("float32")
    logits = judge({"images": np.repeat(image, 10, axis=0), "labels": np.arange(10)}).numpy()[:, 0]
    assert len(set(logits.round(6))) == 10


@pytest.mark.long
@pytest.mark.filterwarnings("ignore:.*subset:UserWarning")
def test_the_table_has_a_row_for_each_run_and_is_printed_again_without_training(script, tmp_path, monkeypatch, capsys):
    flags = {"seconds": 0.0, "samples": 3, "judge_steps": 2, "ways": ["concatenation", "ACGAN real"]}
    flags |= {"out": str(tmp_path / "log.jsonl"), "seeds": ["3"]}
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with flagsaver.flagsaver(**flags):
        script.main(["conditioning.py"])
        table = capsys.readouterr().out
        for name in ("real training images", "concatenation, seed 3", "ACGAN real, seed 3, shuffled labels"):
            assert f"| {name} | " in table
        monkeypatch.delattr(script, "train")
        script.main(["conditioning.py"])
        assert capsys.readouterr().out == table
