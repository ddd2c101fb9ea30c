"""The checks of tensors that losses, penalties and augmentations share."""

import numpy as np
import pytest
import tensorflow as tf

from keras_gan import losses, penalties
from keras_gan._tensors import require_float_images, require_floats, require_seed_pair
from keras_gan.augmentation import AdaptiveAugment, DiffAugment, InstanceNoise, uniform_per_image

SEED = tf.constant([0, 1], tf.int64)
NO_NUMBERS = [None, "no", b"x", 2**70, {}, [None], [[1], [1, 2]], object(), np.array(["a"]), np.array([True]), 1j]


@pytest.mark.parametrize("value", NO_NUMBERS, ids=lambda value: type(value).__name__)
def test_what_holds_no_numbers_is_refused_by_its_name(value):
    with pytest.raises(ValueError, match=r"`logits` must.* Received: logits"):
        require_floats("logits", value)


@pytest.mark.parametrize("value", [1.0, np.float32("nan"), []], ids=repr)
def test_a_batch_needs_rows(value):
    with pytest.raises(ValueError, match=r"`logits` must (have at least one axis|not be empty)"):
        require_floats("logits", value)


def test_floats_keep_their_type_and_a_tensor_stays_the_same_object():
    tensor = tf.ones((2, 1), tf.float16)
    assert require_floats("logits", tensor) is tensor
    assert require_floats("logits", np.ones((2, 1), tf.bfloat16.as_numpy_dtype)).dtype == tf.bfloat16
    assert require_floats("logits", [[1], [2]]).dtype == tf.float32


def test_the_number_of_axes_is_checked_where_it_is_known():
    with pytest.raises(ValueError, match=r"`images` must have 4 axes, the batch first"):
        require_floats("images", np.ones((2, 3)), rank=4)


def test_images_of_0_to_255_are_told_how_to_scale():
    with pytest.raises(ValueError, match=r"as in `images / 127.5 - 1`. Received: images of dtype uint8"):
        require_float_images("images", np.zeros((1, 2, 2, 1), "uint8"))


@pytest.mark.parametrize("seed", [None, 3, [1.0, 2.0], [1, 2, 3], "no", [2**70, 0]], ids=repr)
def test_a_seed_is_two_integers(seed):
    with pytest.raises(ValueError, match=r"`seed` must be"):
        require_seed_pair(seed)


@pytest.mark.parametrize("make", [losses.Hinge, losses.RelativisticAverage, losses.Wasserstein])
def test_losses_name_the_logits_that_are_none(make):
    with pytest.raises(ValueError, match=r"`fake_logits` must be a tensor or an array"):
        make().discriminator_loss(np.ones((2, 1)), None)


def test_an_empty_batch_has_no_loss():
    with pytest.raises(ValueError, match=r"`real_logits` must not be empty"):
        losses.LeastSquares().discriminator_loss(np.ones((0, 1)), np.ones((2, 1)))


def test_the_gradient_penalty_needs_pairs():
    with pytest.raises(ValueError, match=r"Received: real_images.shape=\(4, 2\), fake_images.shape=\(3, 2\)"):
        penalties.GradientPenalty()(tf.identity, np.ones((4, 2), "float32"), np.ones((3, 2), "float32"))


def test_penalties_and_augmentations_take_arrays():
    ones = np.ones((4, 2), "float32")
    critic = lambda images: tf.reduce_sum(images, axis=1, keepdims=True)  # noqa: E731
    assert float(penalties.R1(1.0)(critic, ones, None)) == 1.0
    assert float(penalties.GradientPenalty(1.0, target=0.0)(critic, ones, -ones)) == pytest.approx(2.0)
    assert InstanceNoise(0.0)(ones, seed=SEED).numpy().tolist() == ones.tolist()
    assert uniform_per_image(ones, SEED).shape == (4,)


@pytest.mark.parametrize("augmentation", [AdaptiveAugment(), DiffAugment(), InstanceNoise()], ids=lambda a: a.name)
def test_augmentations_refuse_images_of_0_to_255(augmentation):
    with pytest.raises(ValueError, match=r"`images` must be floating-point numbers"):
        augmentation(np.zeros((2, 8, 8, 1), "uint8"), seed=SEED)


def test_a_critic_is_a_function():
    with pytest.raises(ValueError, match=r"`critic` must be a function"):
        penalties.squared_gradient_norms("no", np.ones((2, 2), "float32"))
