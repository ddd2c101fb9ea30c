"""The benchmark of models with an encoder: its linear model, its edits, and what a short run of it prints."""

import numpy as np
import pytest
from absl.testing import flagsaver
from scipy import stats

RNG = np.random.default_rng(0)


@pytest.fixture(scope="module")
def script(load_script):
    """The script as a module."""
    module = load_script("benchmarks", "vae.py")
    module.FLAGS(["vae.py", "--data_dir=nowhere"])
    return module


def bars(count):
    """Images of four classes, each a bar at another height, of any brightness, width and place; and the classes."""
    rng, classes = np.random.default_rng(0), np.arange(count) % 4
    images = np.full((count, 8, 8, 1), -1.0, "float32")
    for image, label in zip(images, classes, strict=True):
        begin, end = np.sort(rng.choice(9, size=2, replace=False))
        image[2 * label, begin:end] = rng.uniform(0.2, 0.9)
        image[2 * label + 1, begin:] = rng.uniform(0.2, 0.9)
    return images, classes.astype("int32")


def test_the_linear_model_is_probabilistic_pca(script):
    images = np.round(RNG.normal(0, 0.2, (60, 3, 2, 1)).clip(-1, 1) * 127.5) / 127.5
    model = script.Linear(images, 2)
    flat = images.reshape(60, 6)
    variances, directions = (part[..., ::-1] for part in np.linalg.eigh(np.cov(flat.T)))
    noise = variances[2:].mean()
    covariance = directions[:, :2] @ np.diag(variances[:2] - noise) @ directions[:, :2].T + noise * np.eye(6)
    expected = stats.multivariate_normal(flat.mean(axis=0), covariance).logpdf(flat) + 6 * np.log(2 / 255)
    np.testing.assert_allclose(model.elbo(images), expected, rtol=0.01)
    drawn = model.generate(20_000, seed=0).reshape(-1, 6)
    np.testing.assert_allclose(np.cov(drawn.T), covariance, atol=0.003)
    assert np.abs(model.reconstruct(images) - images).max() < np.abs(images).max()


def test_an_edit_is_judged_by_its_class_and_by_the_look_that_it_keeps(script, monkeypatch):
    images, classes = bars(200)
    monkeypatch.setattr(script, "images_of", lambda name, split: (images, classes))

    class Rows:
        """A model whose codes are two rows of pixels, and which of the four places they have."""

        def encode(self, images):
            pairs = images.reshape(len(images), 4, 16)
            place = pairs.sum(axis=2).argmax(axis=1)
            return np.concatenate([pairs[np.arange(len(images)), place], np.eye(4)[place]], axis=1)

        def decode(self, codes):
            made = np.full((len(codes), 4, 16), -1.0)
            made[np.arange(len(codes)), codes[:, 16:].argmax(axis=1)] = codes[:, :16]
            return made.reshape(-1, 8, 8, 1).clip(-1, 1)

    class Forgetful(Rows):
        """Its edits are of other images."""

        def decode(self, codes):
            codes[:, :16] = codes[np.random.default_rng(0).permutation(len(codes)), :16]
            return super().decode(codes)

    class Brightest:
        def classes_of(self, images):
            return images.reshape(-1, 4, 16).sum(axis=2).argmax(axis=1)

    vectors = script.attribute_vectors(Rows().encode(images), classes)
    found = script.edited(Rows(), "bars", Brightest(), vectors)
    assert found["edit"] == 1.0
    assert found["kept"] > 0.8
    assert abs(script.edited(Forgetful(), "bars", Brightest(), vectors)["kept"]) < 0.2
    assert script.edited(Rows(), "bars", Brightest(), 0 * vectors)["edit"] == 0.0


def test_the_look_of_an_image_is_its_brightness_its_width_and_its_slant(script):
    grid = np.zeros((2, 9, 9, 1), "float32") - 1
    grid[0, 4, 2:7], grid[1, np.arange(9), np.arange(9)] = 1, 1
    line, diagonal = script.looks(grid)
    np.testing.assert_allclose(line[:2], [5, np.sqrt(2)], atol=1e-3)
    np.testing.assert_allclose(diagonal, [9, np.sqrt(60 / 9), 1], atol=1e-3)


@pytest.mark.long
@pytest.mark.filterwarnings("ignore:.* samples against", "ignore:.*fewer", "ignore:The extractor")
def test_the_tables_have_a_row_for_each_model_and_run_none_twice(script, tmp_path, monkeypatch, capsys):
    whole = script.train_extractor
    monkeypatch.setattr(script, "train_extractor", lambda images: whole(images, steps=20))
    monkeypatch.setattr(script, "images_of", lambda name, split: bars(160))
    paths = {"out": str(tmp_path / "log.jsonl"), "pictures": str(tmp_path / "pictures")}
    with flagsaver.flagsaver(vae_steps=2, vaegan_steps=2, width=2, latent_dim=3, data=["digits"], **paths):
        script.main(["vae.py"])
        table = capsys.readouterr().out
        for row in ("the images", "PCA", "VAE, seed 0", "VAEGAN, seed 0"):
            assert f"| {row} |" in table
        monkeypatch.delattr(script, "run")
        script.main(["vae.py"])
        assert capsys.readouterr().out == table
    assert (tmp_path / "pictures" / "digits_vaegan_0.png").exists()
