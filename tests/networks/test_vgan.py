"""The networks of VGAN: their sizes, and how a foreground lies in front of a background."""

import keras
import numpy as np
import pytest

from keras_gan.networks import vgan

TINY = {"image_shape": (8, 8, 1), "num_frames": 4, "latent_dim": 3, "width": 2, "stages": 1}


def trainable(network):
    return sum(int(np.prod(weight.shape)) for weight in network.trainable_weights)


def test_the_paper_s_networks_have_its_number_of_parameters():
    generator, discriminator = vgan(discriminator_normalization="batch")
    halvings = [(512, 256), (256, 128), (128, 64)]
    norms = 2 * (512 + 256 + 128 + 64)
    stream = sum(have * want for have, want in halvings)
    background = 100 * 512 * 16 + 16 * stream + 64 * 3 * 16 + norms
    foreground = 100 * 512 * 32 + 64 * stream + (64 * 3 * 64 + 3) + (64 * 64 + 1) + norms
    assert trainable(generator) == background + foreground
    judge = 64 * (3 * 64 + 64 * 128 + 128 * 256 + 256 * 512) + 2 * (128 + 256 + 512)
    assert trainable(discriminator) == judge + 512 * 32 + 1


def test_shapes_of_any_size():
    generator, discriminator = vgan(image_shape=(23, 16, 3), num_frames=7, width=2)
    assert generator.output["clips"].shape == (None, 7, 23, 16, 3)
    assert generator.output["masks"].shape == (None, 7, 23, 16, 1)
    assert discriminator.input_shape == (None, 7, 23, 16, 3)
    conditional, _ = vgan(**TINY, from_first_frame=True)
    assert {name: tensor.shape for name, tensor in conditional.input.items()} == {
        "latents": (None, 3),
        "frames": (None, 8, 8, 1),
    }


def masked(bias):
    """Clips and masks of a generator whose masks are the same everywhere."""
    keras.utils.set_random_seed(0)
    generator, _ = vgan(**TINY)
    for weight in generator.trainable_weights:
        weight.assign(10.0 * weight)
    kernel, _ = generator.get_layer("masks").get_weights()
    generator.get_layer("masks").set_weights([np.zeros_like(kernel), np.array([bias])])
    latents = np.random.default_rng(0).normal(size=(2, 3)).astype("float32")
    foreground, _, background = generator.get_layer("clips").input
    parts = keras.Model(generator.input, [foreground, background])
    return generator(latents), [part.numpy() for part in parts(latents)]


def test_where_nothing_moves_all_frames_are_the_background():
    made, (_, background) = masked(-100.0)
    np.testing.assert_allclose(made["clips"], np.stack([background] * 4, axis=1), atol=1e-6)
    assert np.ptp(background) > 0.1


def test_the_mask_says_how_much_of_each_is_seen():
    made, (foreground, background) = masked(np.log(3.0))
    np.testing.assert_allclose(made["masks"], np.full((2, 4, 8, 8, 1), 0.75), atol=1e-6)
    np.testing.assert_allclose(made["clips"], 0.75 * foreground + 0.25 * background[:, None], atol=1e-6)
    assert np.ptp(foreground, axis=1).max() > 0.1


def test_short_clips_of_large_frames_are_halved_as_often_as_their_time_can_be():
    generator, discriminator = vgan(image_shape=(32, 32, 1), num_frames=3, latent_dim=2, width=2)
    # Height 32 could be halved three times; 3 frames become 2 and then 1.
    assert len([layer for layer in discriminator.layers if layer.name.startswith("down_")]) == 2
    assert generator.output["clips"].shape == discriminator.input.shape == (None, 3, 32, 32, 1)


def test_without_normalisation_the_discriminator_sees_how_light_a_batch_is():
    clips = np.random.default_rng(0).normal(size=(4, 4, 8, 8, 1)).astype("float32")
    networks = {norm: vgan(**TINY | {"stages": 2}, discriminator_normalization=norm)[1] for norm in ("batch", None)}
    assert len(networks[None].trainable_weights) == 6
    assert [layer for layer in networks[None].layers if "norm" in layer.name] == []
    # Only what is not at an edge: there, zeros are around the clip.
    middle = {}
    for norm, network in networks.items():
        features = keras.Model(network.input, network.get_layer("leaky_relu_1").input)
        middle[norm] = [np.mean(features(clips + light, training=True)) for light in (0.0, 1.0)]
    np.testing.assert_allclose(*middle["batch"], atol=1e-5)
    assert abs(np.subtract(*middle[None])) > 1e-3


def test_clips_that_are_too_short_are_refused():
    with pytest.raises(ValueError, match="A clip of 8 frames cannot be halved 4 times"):
        vgan(num_frames=8, stages=4)
