"""What pictures show of models that make images of images."""

import keras
import numpy as np
import pytest
from PIL import Image

import keras_gan
from keras_gan.callbacks import ImageSnapshots, image_grid


@pytest.fixture
def translator(tiny):
    return tiny(keras_gan.CycleGAN).model(run_eagerly=True)


@pytest.fixture
def autoencoder(tiny):
    return tiny(keras_gan.VAEGAN).model(run_eagerly=True)


def test_images_are_shown_above_their_translations(translator, images):
    shown, columns = translator.snapshot(16, seed=0, inputs=images)
    # Eight images in two rows, each above the row of what they become.
    assert columns == 4
    rows = shown.reshape(4, 4, 8, 8, 1)
    np.testing.assert_array_equal(rows[0::2].reshape(8, 8, 8, 1), images[:8])
    np.testing.assert_array_equal(rows[1::2].reshape(8, 8, 8, 1), translator.translate(images[:8]))


def test_both_directions_are_shown(translator, images):
    shown, columns = translator.snapshot(8, seed=0, inputs={"source": images[:8], "target": images[8:]})
    assert columns == 2
    forth, back = translator.translate(images[:2]), translator.translate(images[8:10], to="source")
    np.testing.assert_array_equal(shown, np.concatenate([images[:2], forth, images[8:10], back]))


def test_images_are_shown_above_their_reconstructions(autoencoder, images):
    shown, columns = autoencoder.snapshot(6, seed=0, inputs=images[:2])
    assert columns == 2
    np.testing.assert_array_equal(shown, np.concatenate([images[:2], autoencoder.reconstruct(images[:2])]))
    drawn, columns = autoencoder.snapshot(5, seed=3)
    assert columns is None
    np.testing.assert_array_equal(drawn, autoencoder.generate(5, seed=3))


def test_the_picture_of_a_translator(translator, images, tmp_path):
    data = {"source": images, "target": images}
    expected = image_grid(*translator.snapshot(4, seed=0, inputs=data)[:1], columns=1)
    snapshots = ImageSnapshots(tmp_path, num_images=4, gif=False, inputs=data)
    translator.fit(data, batch_size=24, verbose=0, callbacks=[snapshots])
    with Image.open(tmp_path / "epoch_0000.png") as picture:
        np.testing.assert_array_equal(np.asarray(picture), expected[..., 0])


def test_grey_images_that_become_coloured_ones(images):
    networks = [
        keras.Sequential([keras.Input((8, 8, taken)), keras.layers.Conv2D(made, 1)])
        for taken, made in ((1, 3), (3, 1), (1, 1), (3, 1))
    ]
    model = keras_gan.CycleGAN(*networks, identity_weight=0)
    shown, _ = model.snapshot(2, seed=0, inputs=images)
    np.testing.assert_array_equal(shown[0], images[0].repeat(3, axis=-1))
    np.testing.assert_array_equal(shown[1:], model.translate(images[:1]))


@pytest.mark.parametrize("inputs", [None, {}, {"labels": np.zeros(3)}])
def test_a_translator_needs_images(translator, images, tmp_path, inputs):
    with pytest.raises(ValueError, match=r"A CycleGAN draws nothing by itself: give `ImageSnapshots` images"):
        translator.fit(
            {"source": images, "target": images}, verbose=0, callbacks=[ImageSnapshots(tmp_path, inputs=inputs)]
        )


def test_images_that_become_images_of_another_size(images):
    def smaller(batch):
        return batch[:, ::2, ::2]

    with pytest.raises(ValueError, match=r"the same height and width. Received: images of shape \(8, 8, 1\), which"):
        keras_gan.gans._pairs.rows_of_pairs(images, smaller, 4)
