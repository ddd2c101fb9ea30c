"""The benchmark on Fashion-MNIST: what it trains, counts and compares."""

import functools

import pytest
from absl.testing import flagsaver

from keras_gan.metrics import ModelExtractor
from keras_gan.networks.dense_dcgan import dense_dcgan


@pytest.fixture(scope="module")
def script(load_script):
    """The script as a module, its flags at their defaults."""
    module = load_script("benchmarks", "fashion.py")
    module.FLAGS(["fashion.py", "--data_dir=none"])
    return module


@pytest.fixture
def data_dir(tmp_path, write_noise):
    """A folder of noise instead of MNIST."""
    write_noise(tmp_path / "mnist")
    return tmp_path


def corner_pixels(images):
    return images[:, 0, :4, 0]


# Few images are known to be few.
@pytest.mark.long
@pytest.mark.filterwarnings("ignore:.*fewer than 10,000 images:UserWarning", "ignore:.*subset:UserWarning")
def test_the_table_has_a_row_for_each_run_and_is_printed_again_without_training(script, data_dir, monkeypatch, capsys):
    extractor = ModelExtractor(corner_pixels, name="corner", image_size=28, channels=1, fingerprint="1")
    monkeypatch.setattr(script, "train_extractor", lambda dataset: extractor)
    monkeypatch.setattr(script, "dense_dcgan", functools.partial(dense_dcgan, width=2, units=4))
    flags = {"steps": 2, "samples": 60, "gans": ["LSGAN"], "data": ["mnist"], "data_dir": str(data_dir)}
    flags |= {"out": str(data_dir / "log.jsonl"), "run_dir": str(data_dir / "runs")}
    with flagsaver.flagsaver(**flags):
        script.main(["fashion.py"])
        table = capsys.readouterr().out
        assert "mnist, 2 steps, 60 samples; features of <ModelExtractor corner" in table
        assert "| real train split |  | " in table
        assert "| LSGAN, seed 0 | 7.8 ± 0.6 | " in table
        monkeypatch.delattr(script, "train")
        script.main(["fashion.py"])
        assert capsys.readouterr().out == table


def test_a_step_is_one_update_of_the_discriminator(script, data_dir, monkeypatch):
    steps = []
    monkeypatch.setattr(script._protocol, "fit", lambda gan, images, count, **options: steps.append(count))
    monkeypatch.setattr(script, "dense_dcgan", functools.partial(dense_dcgan, width=2, units=4))
    with flagsaver.flagsaver(steps=18750, data_dir=str(data_dir), run_dir=str(data_dir / "runs")):
        for name in ("NonSaturatingGAN", "WGANGP"):
            script.train(name, "mnist", 0)
    # The latter has five of them in a training step.
    assert steps == [18750, 3750]


@pytest.mark.parametrize("name", ["NonSaturatingGAN", "LSGAN", "HingeGAN", "WGANGP"])
def test_the_discriminators_are_those_that_each_loss_allows(script, name):
    gan = script.make_gan(name, 0)
    layers = {type(layer).__name__ for layer in gan.discriminator.layers}
    assert ("BatchNormalization" in layers) == (name in ("NonSaturatingGAN", "LSGAN"))
    assert ("SpectralNormalization" in layers) == (name == "HingeGAN")
    assert gan.latent_shape == (64,)
