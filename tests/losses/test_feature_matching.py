"""Feature matching against its formula, its gradient, and features that do not fit."""

import numpy as np
import pytest
import tensorflow as tf

from keras_gan.losses import feature_matching


def maps(seed, *shapes):
    rng = np.random.default_rng(seed)
    return [rng.normal(size=shape).astype("float32") for shape in shapes]


SHAPES = [(2, 8, 8, 3), (2, 4, 4, 6), (2, 3, 3, 9)]


def test_it_is_the_published_sum():
    """With K discriminators of n + 1 maps each: sum_k sum_i 1/K 4/(n + 1) E|f_ki(x) - f_ki(y)|."""
    real, fake = ([maps(seed + scale, *SHAPES) for scale in range(2)] for seed in (0, 10))
    expected = sum(
        1 / 2 * 4 / 3 * np.abs(x - y).mean()
        for pair in zip(real, fake, strict=True)
        for x, y in zip(*pair, strict=True)
    )
    assert float(feature_matching(real, fake)) == pytest.approx(expected, rel=1e-5)


def test_the_maps_of_one_discriminator_are_one_scale():
    real, fake = maps(0, *SHAPES), maps(1, *SHAPES)
    assert float(feature_matching(real, fake)) == pytest.approx(float(feature_matching([real], [fake])))


def test_only_the_generated_images_get_a_gradient():
    real, fake = (tf.constant(maps(seed, SHAPES[0])[0]) for seed in (0, 1))
    with tf.GradientTape() as tape:
        tape.watch([real, fake])
        value = feature_matching([real], [fake])
    of_real, of_fake = tape.gradient(value, [real, fake])
    assert of_real is None
    np.testing.assert_allclose(of_fake, 4.0 * np.sign(fake - real) / np.size(fake), rtol=1e-5)


def test_float16_features_do_not_overflow():
    real, fake = (tf.fill((2, 8, 8, 64), tf.constant(value, tf.float16)) for value in (-6e4, 6e4))
    assert float(feature_matching([real], [fake])) == pytest.approx(4 * 1.2e5, rel=1e-3)


@pytest.mark.parametrize(
    "real, fake, message",
    [
        (maps(0, *SHAPES), maps(0, *SHAPES[:2]), r"as many of the real images.*Received: \[3\] and \[2\] maps"),
        ([maps(0, *SHAPES)], maps(0, *SHAPES[:1]) * 2, r"Received: \[3\] and \[2\] maps"),
        (maps(0, (2, 4, 4, 1)), maps(0, (2, 4, 4, 6)), r"shapes must be equal. Received: .*\(2, 4, 4, 1\)"),
        ([], [], r"`real_features` must be a list of maps, or a list of such lists.*Received: real_features=\[\]"),
        (np.zeros((2, 4, 4, 1)), None, r"`real_features` must be a list of maps"),
        ([[]], [[]], r"`real_features` must be a list of maps"),
    ],
)
def test_features_that_do_not_fit(real, fake, message):
    with pytest.raises(ValueError, match=rf"(?s){message}"):
        feature_matching(real, fake)
