"""The networks of free-form inpainting: published size, pictures of any size, and messages for bad input."""

import itertools

import keras
import numpy as np
import pytest

from keras_gan.networks import gated_inpainter

TINY = {"width": 2, "discriminator_width": 2, "discriminator_layers": 2}


def pictures(height=16, width=24):
    rng = np.random.default_rng(0)
    masks = np.zeros((2, height, width, 1), "float32")
    masks[:, 3:9, 4:11] = 1.0
    return {"images": rng.uniform(-1, 1, (2, height, width, 3)).astype("float32") * (1 - masks), "masks": masks}


def test_the_size_is_the_published_one():
    generator, discriminator = gated_inpainter(image_shape=(256, 256, 3))
    assert generator.count_params() == 4_052_478
    assert discriminator.output_shape == (None, 16, 256, 1)
    # Six kernels of 5x5 with biases.
    channels = (4, 64, 128, 256, 256, 256, 256)
    weights = sum(25 * taken * made + made for taken, made in itertools.pairwise(channels))
    assert sum(weight.numpy().size for weight in discriminator.trainable_variables) == weights


def test_pictures_of_any_size_are_completed_as_those_of_a_fixed_one():
    keras.utils.set_random_seed(0)
    fixed, _ = gated_inpainter(image_shape=(16, 24, 3), **TINY)
    free, judge = gated_inpainter(image_shape=(None, None, 3), **TINY)
    free.set_weights(fixed.get_weights())
    given = pictures()
    one, other = fixed(given), free(given)
    for name in ("images", "coarse"):
        np.testing.assert_allclose(one[name], other[name], atol=1e-5)
        assert np.abs(one[name]).max() > 1e-3, "the signal has died on its way"
    assert judge(given).shape == (2, 4 * 6, 4, 1)


def test_the_second_stage_sees_the_first_one_in_the_hole_alone():
    generator, _ = gated_inpainter(image_shape=(16, 24, 3), **TINY, attention=False)
    given = pictures()
    inner = keras.Model(generator.inputs, [generator.get_layer("pasted").output, generator.output["coarse"]])
    pasted, coarse = inner([given["images"], given["masks"]])
    np.testing.assert_allclose(pasted, np.where(given["masks"], coarse, given["images"]), atol=1e-6)


@pytest.mark.parametrize(
    "bad, words",
    [
        ({"image_shape": (36, 32, 3)}, "multiples of 8 .* The nearest that work: 32 x 32 or 40 x 32"),
        ({"image_shape": (34, 32, 3), "attention": False}, "multiples of 4"),
        ({"width": 0}, "`width` must be an integer of at least 1"),
        ({"attention": 1}, "`attention` must be True or False"),
        ({"discriminator_layers": 0}, "`discriminator_layers` must be an integer"),
    ],
)
def test_bad_arguments(bad, words):
    with pytest.raises(ValueError, match=words):
        gated_inpainter(**bad)
