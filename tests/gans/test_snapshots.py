"""What pictures show of models that make images of images."""

import keras
import numpy as np
import pytest
from PIL import Image

import keras_gan
from keras_gan.callbacks import ImageSnapshots, image_grid
from keras_gan.gans._pairs import side_by_side


@pytest.fixture
def translator(tiny):
    return tiny(keras_gan.CycleGAN).model(run_eagerly=True)


@pytest.fixture
def autoencoder(tiny):
    return tiny(keras_gan.VAEGAN).model(run_eagerly=True)


def test_images_are_shown_next_to_their_translations_and_these_translated_back(translator, images):
    shown, columns = translator.snapshot(36, seed=0, inputs=images)
    # Twelve images, two in each row.
    assert columns == 6
    there = translator.translate(images[:12])
    back = translator.translate(there, to="source")
    np.testing.assert_array_equal(shown.reshape(12, 3, 8, 8, 1), np.stack([images[:12], there, back], axis=1))
    np.testing.assert_array_equal(translator.cycle(images[:12]), back)


def test_a_translator_that_diverges_is_shown(translator, images):
    translator.source_to_target.set_weights([np.full((3, 3, 1, 1), np.nan), np.zeros(1)])
    shown, _ = translator.snapshot(3, seed=0, inputs=images)
    black = np.full((1, 8, 8, 1), -1.0, "float32")
    assert np.isnan(shown[1]).all()
    np.testing.assert_array_equal(shown[2:], translator.translate(black, to="source"))


def test_both_directions_are_shown(translator, images):
    shown, columns = translator.snapshot(12, seed=0, inputs={"source": images[:8], "target": images[8:]})
    assert columns == 3
    rows = shown.reshape(2, 2, 3, 8, 8, 1)
    for row, given, to in ((rows[0], images[:2], "target"), (rows[1], images[8:10], "source")):
        np.testing.assert_array_equal(row[:, 0], given)
        np.testing.assert_array_equal(row[:, 1], translator.translate(given, to=to))
        np.testing.assert_array_equal(row[:, 2], translator.cycle(given, to=to))


def test_images_are_shown_next_to_their_reconstructions(autoencoder, images):
    shown, columns = autoencoder.snapshot(6, seed=0, inputs=images[:2])
    assert columns == 2
    np.testing.assert_array_equal(shown.reshape(2, 2, 8, 8, 1)[:, 1], autoencoder.reconstruct(images[:2]))
    np.testing.assert_array_equal(shown[::2], images[:2])
    drawn, columns = autoencoder.snapshot(5, seed=3)
    assert columns is None
    np.testing.assert_array_equal(drawn, autoencoder.generate(5, seed=3))


def test_the_picture_of_a_translator(translator, images, tmp_path):
    data = {"source": images, "target": images}
    expected = image_grid(*translator.snapshot(4, seed=0, inputs=data)[:1], columns=3)
    snapshots = ImageSnapshots(tmp_path, num_images=4, gif=False, inputs=data)
    translator.fit(data, batch_size=24, verbose=0, callbacks=[snapshots])
    with Image.open(tmp_path / "epoch_0000.png") as picture:
        np.testing.assert_array_equal(np.asarray(picture), expected[..., 0])


def test_grey_images_next_to_coloured_ones_and_to_some_with_alpha(images):
    networks = [
        keras.Sequential([keras.Input((8, 8, taken)), keras.layers.Conv2D(made, 1, activation="tanh")])
        for taken, made in ((1, 4), (4, 1), (1, 1), (4, 1))
    ]
    model = keras_gan.CycleGAN(*networks, identity_weight=0)
    shown, _ = model.snapshot(3, seed=0, inputs=images)
    np.testing.assert_array_equal(shown[0], images[0].repeat(3, axis=-1))
    made = model.translate(images[:1])[0]
    cover = (made[..., 3:] + 1) / 2
    np.testing.assert_allclose(shown[1], cover * made[..., :3] + (1 - cover) * np.ones((8, 8, 3)), atol=1e-6)
    np.testing.assert_array_equal(shown[2], model.cycle(images[:1])[0].repeat(3, axis=-1))


@pytest.mark.long
@pytest.mark.parametrize("inputs", [None, {}, {"labels": np.zeros(3)}])
def test_a_translator_needs_images(translator, images, tmp_path, inputs):
    with pytest.raises(ValueError, match=r"A CycleGAN draws nothing by itself: give `ImageSnapshots` images"):
        translator.fit(
            {"source": images, "target": images}, verbose=0, callbacks=[ImageSnapshots(tmp_path, inputs=inputs)]
        )


def test_images_that_become_images_of_another_size(images):
    with pytest.raises(ValueError, match=r"the same height and width. Received: images of the sizes 8x8, 4x4"):
        side_by_side([[images, lambda given: given[:, ::2, ::2]]], 4)


@pytest.mark.parametrize("num_images, count, columns", [(1, 1, 2), (64, 32, 8), (13, 6, 2), (200, 48, 8)])
def test_a_grid_is_full_and_about_square(images, num_images, count, columns):
    shown, found = side_by_side([[images, images]], num_images)
    assert (len(shown), found) == (2 * count, columns)
