"""The benchmark of four looks of Fashion-MNIST: its transformations, and what a perfect translator would get."""

import types

import numpy as np
import pytest
from absl.testing import flagsaver


@pytest.fixture(scope="module")
def module(load_script):
    """The script as a module."""
    module = load_script("benchmarks", "stargan_fashion.py")
    module.FLAGS(["stargan_fashion.py", "--data_dir=none"])
    return module


@pytest.fixture
def script(module, write_noise, tmp_path):
    """The script, on noise in the place of Fashion-MNIST."""
    write_noise(tmp_path / "fashion")
    module.images_of.cache_clear()
    with flagsaver.flagsaver(data_dir=str(tmp_path / "fashion")):
        yield module


def test_the_transformations(script):
    images = np.random.default_rng(0).uniform(-1, 1, (3, 32, 32, 1)).astype("float32")
    np.testing.assert_array_equal(script.inverted(script.inverted(images)), images)
    # A blur keeps the mean of a picture whose border is like its inside, and no edges are black.
    grey = np.full((1, 32, 32, 1), 0.3, "float32")
    np.testing.assert_allclose(script.blurred(grey), grey, atol=1e-6)
    np.testing.assert_allclose(script.edges(grey), -1.0, atol=1e-6)
    assert script.blurred(images).std() < 0.3 * images.std()
    ramp = np.broadcast_to(np.linspace(0, 0.31, 32, dtype="float32")[:, None], (1, 32, 32))[..., np.newaxis]
    # Sobel's filter is eight times the slope, which is 0.01 here.
    np.testing.assert_allclose(script.edges(ramp)[0, 1:-1, 1:-1], 8 * 0.01 / 4 - 1, atol=1e-5)


def test_each_training_image_is_in_one_domain_and_all_domains_have_as_many(script):
    looks, domains, classes = script.training_images()
    images, _ = script.images_of("train", script.TRAINED)
    assert np.bincount(domains).tolist() == [20] * 4
    assert len(looks) == len(classes) == 80
    np.testing.assert_array_equal(looks[domains == 1], -images[domains == 1])


def test_a_perfect_translator_has_no_differences_in_all_twelve_directions(script):
    images, classes = script.images_of("test", script.TESTED)
    looks = [transform(images) for transform in script.DOMAINS]

    class Perfect:
        def translate(self, given, *, labels):
            assert any(given is look for look in looks) or len(given) == len(images)
            return looks[labels]

    def domains_of(made):
        return np.full(len(made), next(n for n, look in enumerate(looks) if look is made))

    judges = types.SimpleNamespace(domains_of=domains_of, classes_of=lambda made, domain: classes)
    found = script.measured(Perfect(), judges)
    assert len(found["directions"]) == 12
    assert {pair[0] for pair in found["directions"].values()} == {0.0}
    assert all(pair[1] > 0.1 for pair in found["directions"].values())
    assert found["in_domain"] == found["of_class"] == 1.0


@pytest.mark.long
def test_the_tables_have_a_row_for_each_direction_and_training(script, tmp_path, monkeypatch, capsys):
    whole = script.train_extractor
    monkeypatch.setattr(script, "train_extractor", lambda data: whole(data, steps=20, cache_dir=tmp_path))
    flags = {"steps": 1, "batch_size": 4, "width": 2}
    flags |= {"out": str(tmp_path / "log.jsonl"), "pictures": str(tmp_path / "pictures")}
    with flagsaver.flagsaver(**flags):
        script.main(["stargan_fashion.py"])
        tables = capsys.readouterr().out
        assert "| plain to inverted |" in tables
        assert "| reconstruction 0, seed 0 |" in tables
        monkeypatch.delattr(script, "run")
        script.main(["stargan_fashion.py"])
        assert capsys.readouterr().out == tables
