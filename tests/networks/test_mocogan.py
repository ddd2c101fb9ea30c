"""The networks of MoCoGAN: their sizes, and what content and motion do."""

import keras
import numpy as np
import pytest

from keras_gan.networks import mocogan

TINY = {"image_shape": (8, 8, 1), "num_frames": 7, "content_dim": 3, "motion_dim": 2, "width": 4, "stages": 1}


def trainable(network):
    return sum(int(np.prod(weight.shape)) for weight in network.trainable_weights)


def drawn(count=2, rows=8, seed=0):
    rng = np.random.default_rng(seed)
    sizes = {"latents": (count, 3), "motions": (count, rows, 2)}
    return {name: rng.normal(size=size).astype("float32") for name, size in sizes.items()}


def loud(**options):
    """A generator whose codes change the frames visibly."""
    keras.utils.set_random_seed(0)
    generator = mocogan(**TINY, **options)[0]
    for weight in generator.trainable_weights:
        weight.assign(10.0 * weight)
    return generator


def test_the_paper_s_networks_have_its_number_of_parameters():
    assert [trainable(network) for network in mocogan()] == [3_249_684, 663_296, 11_056_896]


def test_shapes_of_any_size():
    generator, images, videos = mocogan(image_shape=(23, 16, 3), num_frames=12, width=2)
    assert generator.output_shape == (None, None, 23, 16, 3)
    assert images.output_shape == (None, 6, 4, 1)
    assert videos.output_shape == (None, 3, 1, 1, 1)


@pytest.mark.parametrize("cell", ["gru", "lstm"])
def test_a_frame_depends_on_the_noise_up_to_it_and_on_no_later_one(cell):
    generator, noise = loud(cell=cell), drawn()
    clips = generator(noise).numpy()
    for row in (0, 3, 7):
        changed = {**noise, "motions": noise["motions"].copy()}
        changed["motions"][:, row] += 1.0
        differs = np.abs(generator(changed).numpy() - clips).max(axis=(0, 2, 3, 4)) > 1e-6
        # Row 0 is the state before the first frame.
        assert differs.tolist() == [frame + 1 >= row for frame in range(7)]


def test_without_a_cell_each_frame_depends_on_its_own_noise_alone():
    generator, noise = loud(cell=None), drawn()
    changed = {**noise, "motions": noise["motions"].copy()}
    changed["motions"][:, 3] += 1.0
    differs = np.abs(generator(changed) - generator(noise)).max(axis=(0, 2, 3, 4)) > 1e-6
    assert differs.tolist() == [frame == 2 for frame in range(7)]


def test_the_content_changes_all_frames_and_clips_are_kept_apart():
    generator, noise = loud(), drawn()
    clips = generator(noise).numpy()
    changed = {**noise, "latents": noise["latents"] + np.float32([[1.0], [0.0]])}
    differs = np.abs(generator(changed).numpy() - clips).max(axis=(2, 3, 4)) > 1e-6
    assert differs.tolist() == [[True] * 7, [False] * 7]


def test_the_gru_is_that_of_the_equation():
    layer = next(layer for layer in loud().layers if layer.name == "motion")
    motions = drawn()["motions"]
    kernel, recurrent, bias = layer.get_weights()
    state, states = motions[:, 0], []
    for noise in np.swapaxes(motions[:, 1:], 0, 1):
        given, kept = noise @ kernel + bias[0], state @ recurrent + bias[1]
        update, reset = (1 / (1 + np.exp(-(given + kept)[:, part])) for part in (slice(0, 2), slice(2, 4)))
        state = update * state + (1 - update) * np.tanh(given[:, 4:] + reset * kept[:, 4:])
        states.append(state)
    np.testing.assert_allclose(layer(motions).numpy(), np.stack(states, axis=1), atol=1e-5)


def test_the_discriminators_add_noise_in_training_alone():
    quiet = [network.layers for network in mocogan(**TINY, noise=0.0)[1:]]
    assert not any("noise" in layer.name for layers in quiet for layer in layers)
    _, images, videos = mocogan(**TINY, noise=0.5)
    frames = np.zeros((2, 8, 8, 1), "float32")
    for network, given in ((images, frames), (videos, np.stack([frames] * 7, axis=1))):
        # Of nothing, convolutions without biases make nothing.
        assert not network(given).numpy().any()
        assert network(given, training=True).numpy().any()


def test_clips_that_are_too_short_are_refused():
    with pytest.raises(ValueError, match="4 stages need at least 16 frames"):
        mocogan(num_frames=15)
