"""The benchmark on a few images: which images, which GANs, and its table."""

import functools

import numpy as np
import pytest
from absl.testing import flagsaver

from keras_gan.augmentation import AdaptiveAugment, DiffAugment
from keras_gan.metrics import ModelExtractor
from keras_gan.networks import dcgan
from keras_gan.penalties import R1, LeCam


@pytest.fixture(scope="module")
def script(load_script):
    """The script as a module, its flags at their defaults."""
    module = load_script("benchmarks", "little_data.py")
    module.FLAGS(["little_data.py", "--data_dir=none"])
    return module


@pytest.fixture
def data_dir(tmp_path, write_noise):
    """A folder of noise instead of Fashion-MNIST."""
    write_noise(tmp_path / "images")
    return str(tmp_path / "images")


def test_the_images_are_the_same_ones_of_each_class(script, data_dir):
    with flagsaver.flagsaver(data_dir=data_dir, images_per_class=3):
        few = script.few_images()
        assert np.array_equal(few, script.few_images())
        images, labels = script._protocol.read_split(data_dir, "train")
    assert few.shape == (30, 28, 28, 1)
    found = [labels[(images == image).all(axis=(1, 2, 3))].item() for image in few]
    assert np.bincount(found).tolist() == [3] * 10


def test_each_way_is_what_its_name_says(script):
    expected = {
        "none": ((), ()),
        "r1": ((), (R1,)),
        "diff_augment": ((DiffAugment,), ()),
        "ada": ((AdaptiveAugment,), ()),
        "lecam": ((), (LeCam,)),
        "diff_augment_r1": ((DiffAugment,), (R1,)),
        "places": ((DiffAugment,), ()),
        "colours": ((DiffAugment,), ()),
    }
    parts = script.WAYS["places"]()["augmentation"].policy, script.WAYS["colours"]()["augmentation"].policy
    assert set(parts[0]).isdisjoint(parts[1])
    assert {*parts[0], *parts[1]} == set(script.WAYS["diff_augment"]()["augmentation"].policy)
    assert set(script.WAYS) == set(expected)
    for way, kinds in expected.items():
        options = script.WAYS[way]()
        augmentation = [options["augmentation"]] if "augmentation" in options else []
        assert (tuple(map(type, augmentation)), tuple(map(type, options.get("penalties", [])))) == kinds


# Few images are known to be few.
@pytest.mark.long
@pytest.mark.filterwarnings("ignore:.*fewer than 10,000 images:UserWarning", "ignore:.*subset:UserWarning")
def test_the_table_has_a_row_for_each_run_and_is_printed_again_without_training(
    script, data_dir, tmp_path, monkeypatch, capsys
):
    pixels = ModelExtractor(
        lambda images: images[:, 0, :4, 0], name="corner", image_size=28, channels=1, fingerprint="1"
    )
    monkeypatch.setattr(script, "train_extractor", lambda dataset: pixels)
    monkeypatch.setattr(script, "dcgan", functools.partial(dcgan, stages=1))
    flags = {"steps": 2, "width": 2, "samples": 60, "images_per_class": 4, "way": ["none", "ada"], "data_dir": data_dir}
    flags |= {"out": str(tmp_path / "log.jsonl"), "run_dir": str(tmp_path / "runs")}
    with flagsaver.flagsaver(**flags):
        script.main(["little_data.py"])
        table = capsys.readouterr().out
        assert "40 images, 2 steps, width 2, 60 samples; features of <ModelExtractor corner" in table
        for row in ("train split", "Gaussian of the pixels", "NonSaturatingGAN, none, seed 0"):
            assert f"| {row} | " in table
        assert "| 0.00 |" in table.split("NonSaturatingGAN, ada, seed 0")[1]
        monkeypatch.delattr(script, "train")
        script.main(["little_data.py"])
        assert capsys.readouterr().out == table
