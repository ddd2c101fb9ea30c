"""The benchmark of transfer: what it trains on, and its table."""

import gzip

import numpy as np
import pytest
from absl.testing import flagsaver

from keras_gan.metrics import ModelExtractor


@pytest.fixture(scope="module")
def script(load_script):
    """The script as a module, its flags at their defaults."""
    module = load_script("benchmarks", "transfer.py")
    module.FLAGS(["transfer.py", "--data_dir=none"])
    return module


@pytest.fixture
def data_dir(tmp_path):
    """A folder of noise instead of Fashion-MNIST, whose first pixel is ten times the class."""
    rng = np.random.default_rng(0)
    for prefix, count in (("train", 800), ("t10k", 700)):
        labels = np.arange(count) % 10
        images = rng.integers(256, size=(count, 28, 28))
        images[:, 0, 0] = 10 * labels
        for name, array in {"images-idx3": images, "labels-idx1": labels}.items():
            header = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">i4").tobytes()
            content = gzip.compress(header + array.astype(np.uint8).tobytes())
            (tmp_path / f"{prefix}-{name}-ubyte.gz").write_bytes(content)
    return tmp_path


def middle_pixels(images):
    return images[:, 14, 10:14, 0]


def test_the_source_sees_nine_classes_and_the_target_the_tenth(script, data_dir):
    with flagsaver.flagsaver(data_dir=str(data_dir), target_class=4, images=10):
        others, target = script.images_of("train", target=False), script.images_of("train", target=True)
        assert len(others) == 720
        assert 40 not in others[:, 0, 0]
        assert set(target[:, 0, 0, 0]) == {40}
        few, unseen = script.few_images(seed=1)
        assert (len(few), len(unseen)) == (10, 70)
        assert not {image.tobytes() for image in few} & {image.tobytes() for image in unseen}
        assert (few != script.few_images(seed=2)[0]).any()


# Few images are known to be few.
@pytest.mark.long
@pytest.mark.filterwarnings("ignore:.*fewer than 10,000 images:UserWarning", "ignore:.*subset:UserWarning")
@pytest.mark.filterwarnings("ignore:.*real images:UserWarning", "ignore:.*smaller than:UserWarning")
def test_the_table_has_a_row_for_each_budget_and_is_printed_again_without_training(
    script, data_dir, monkeypatch, capsys
):
    extractor = ModelExtractor(middle_pixels, name="middle", image_size=28, channels=1, fingerprint="1")
    monkeypatch.setattr(script, "train_extractor", lambda dataset: extractor)
    flags = {
        "steps": 2,
        "budgets": ["1", "2"],
        "frozen": ["1"],
        "seeds": ["0"],
        "samples": 60,
        "images": 20,
        "width": 2,
    }
    flags |= {"data_dir": str(data_dir), "out": str(data_dir / "log.jsonl"), "run_dir": str(data_dir / "runs")}
    with flagsaver.flagsaver(**flags):
        script.main(["transfer.py"])
        table = capsys.readouterr().out
        for way in ("scratch", "fine-tuned", "FreezeD, 1 blocks"):
            assert f"| {way} | 0 | 1 | " in table
            assert f"| {way} | 0 | 2 | " in table
        assert "| real images (floor) |" in table
        assert "| Gaussian of the pixels |" in table
        monkeypatch.delattr(script, "train")
        script.main(["transfer.py"])
        assert capsys.readouterr().out == table
