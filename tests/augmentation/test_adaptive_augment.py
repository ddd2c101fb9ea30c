"""The changes of ADA against their matrices and SciPy's interpolation, and how its probability adapts."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy import ndimage

import keras_gan
from keras_gan.augmentation import AdaptiveAugment, DiffAugment, uniform_per_image
from keras_gan.augmentation.adaptive_augment import _State
from keras_gan.schedules import Linear

SEED = tf.constant([5, 6], tf.int64)
EVERYTHING = ("blit", "geometric", "color")
GEOMETRIC = ("flip", "quarter_turn", "whole_shift", "scale", "rotation", "stretch", "shift")


def images(count=12, height=10, width=7, channels=3):
    return np.random.default_rng(0).uniform(-1.0, 1.0, (count, height, width, channels)).astype("float32")


def changed(policy, batch, probability=1.0):
    return np.asarray(AdaptiveAugment(policy, probability=probability, target=None)(tf.constant(batch), seed=SEED))


def draws(batch, changes=1):
    """For each image and change: two uniform numbers, and the two normal numbers that Box and Muller make of them."""
    u = np.asarray(uniform_per_image(batch, SEED, (changes, 3)), "float64")[:, :, 1:]
    radius, angle = np.sqrt(-2.0 * np.log(1.0 - u[..., 0])), 2.0 * np.pi * u[..., 1]
    return u, np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=-1)


def rotation(angle):
    return np.array([[np.cos(angle), -np.sin(angle), 0.0], [np.sin(angle), np.cos(angle), 0.0], [0.0, 0.0, 1.0]])


def shift(x, y):
    return np.array([[1.0, 0.0, x], [0.0, 1.0, y], [0.0, 0.0, 1.0]])


def interpolated(image, matrix):
    """An image at the places that a matrix gives for each place (x, y, 1), counted from the middle."""
    height, width, _ = image.shape
    rows, columns = np.mgrid[:height, :width].astype("float64")
    middle = np.array([(width - 1) / 2, (height - 1) / 2])
    places = np.stack([columns - middle[0], rows - middle[1], np.ones_like(rows)])
    x, y, _ = np.einsum("ij,jhw->ihw", matrix, places)
    where = np.stack([y + middle[1], x + middle[0]])
    return np.stack([ndimage.map_coordinates(c, where, order=1, mode="mirror") for c in image.T.swapaxes(1, 2)], -1)


# --- Place ------------------------------------------------------------------------------------------------------------


def test_an_image_is_flipped_or_not():
    results = changed(["flip"], images())
    for image, result, u in zip(images(), results, draws(images())[0][:, 0, 0], strict=True):
        assert np.array_equal(result, image[:, ::-1] if u < 0.5 else image)
    assert 2 < sum(np.array_equal(*pair) for pair in zip(images(), results, strict=True)) < 10


def test_quarter_turns_are_exact():
    batch = images(height=8, width=8)
    turns = np.floor(4 * draws(batch)[0][:, 0, 0]).astype(int)
    assert set(turns) == {0, 1, 2, 3}
    for image, result, turn in zip(batch, changed(["quarter_turn"], batch), turns, strict=True):
        assert np.array_equal(result, np.rot90(image, turn))


def test_whole_shifts_are_exact_and_mirrored_at_the_border():
    batch = images(40, 24, 16)
    for image, result, u in zip(batch, changed(["whole_shift"], batch), draws(batch)[0][:, 0], strict=True):
        x, y = np.round((2 * u - 1) * 0.125 * np.array([16, 24])).astype(int)
        padded = np.pad(image, [(3, 3), (3, 3), (0, 0)], mode="reflect")
        assert np.array_equal(result, padded[3 + y : 27 + y, 3 + x : 19 + x])


def matrices(name, uniform, normal, width, height):
    """The inverse of a change, as the authors' code multiplies it."""
    if name == "scale":
        return np.diag([2 ** (0.2 * normal[0]), 2 ** (0.2 * normal[0]), 1.0])
    if name == "stretch":
        return np.diag([2 ** (0.2 * normal[0]), 2 ** (-0.2 * normal[0]), 1.0])
    if name == "rotation":
        return rotation(np.pi * (2 * uniform[0] - 1))
    return shift(0.125 * width * normal[0], 0.125 * height * normal[1])


def test_all_geometric_changes_together_are_one_interpolation():
    batch, order = images(), ("scale", "rotation", "stretch", "rotation", "shift")
    uniform, normal = draws(batch, 5)
    for image, result, *numbers in zip(batch, changed(["geometric"], batch), uniform, normal, strict=True):
        matrix = np.eye(3)
        for name, *pair in zip(order, *numbers, strict=True):
            matrix = matrix @ matrices(name, *pair, 7, 10)
        np.testing.assert_allclose(result, interpolated(image, matrix), atol=5e-5)


def test_an_image_of_one_row_is_mirrored_too():
    batch = images(height=1, width=9)
    result = changed(["geometric"], batch)
    assert np.isfinite(result).all()
    assert result.min() >= batch.min() - 1e-6
    assert result.max() <= batch.max() + 1e-6


# --- Colour -----------------------------------------------------------------------------------------------------------


def colour_matrix(uniform, normal, channels=3):
    """The authors' 4x4 matrix, from left to right the last change first."""
    axis = np.array([1.0, 1.0, 1.0, 0.0]) / np.sqrt(3.0)
    grey, eye = np.outer(axis, axis), np.eye(4)
    brightness = eye + np.outer([1.0, 1.0, 1.0, 0.0], [0.0, 0.0, 0.0, 0.2 * normal[0, 0]])
    contrast = np.diag([*[2 ** (0.5 * normal[1, 0])] * 3, 1.0])
    matrix = (eye - 2.0 * grey * (uniform[2, 0] < 0.5)) @ contrast @ brightness
    if channels == 1:
        return matrix
    angle, (x, y, z, _) = np.pi * (2 * uniform[3, 0] - 1), axis
    cross = np.zeros((4, 4))
    cross[:3, :3] = [[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]]
    # Rodrigues.
    hue = eye + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross
    return (grey + (eye - grey) * 2 ** normal[4, 0]) @ hue @ matrix


def test_colours_are_those_of_the_published_matrices():
    batch = images()
    uniform, normal = draws(batch, 5)
    for image, result, *numbers in zip(batch, changed(["color"], batch), uniform, normal, strict=True):
        matrix = colour_matrix(*numbers)
        np.testing.assert_allclose(result, image @ matrix[:3, :3].T + matrix[:3, 3], atol=2e-5)


def test_grey_images_have_the_grey_part_of_the_matrices():
    batch = images(channels=1)
    uniform, normal = draws(batch, 3)
    for image, result, *numbers in zip(batch, changed(["color"], batch), uniform, normal, strict=True):
        matrix = colour_matrix(*numbers, channels=1)
        np.testing.assert_allclose(result, matrix[0, :3].sum() * image + matrix[0, 3], atol=2e-5)


@pytest.mark.parametrize("channels", [2, 4])
def test_other_channels_have_no_hue_and_saturation(channels):
    batch = images(channels=channels)
    assert np.array_equal(changed(["hue", "saturation"], batch), batch)
    # The mean over the channels changes its sign, and the distance from it does not.
    result = changed(["luma_flip"], batch)
    np.testing.assert_allclose(np.abs(result.mean(-1)), np.abs(batch.mean(-1)), atol=1e-6)
    np.testing.assert_allclose(
        result - result.mean(-1, keepdims=True), batch - batch.mean(-1, keepdims=True), atol=1e-6
    )


# --- Probability ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("channels", "is_compiled"),
    [(1, False), (2, False), (3, False), pytest.param(3, True, marks=pytest.mark.long)],
)
def test_without_probability_not_a_bit_changes(channels, is_compiled):
    batch = images(channels=channels)
    batch[0, 0] = -0.0
    augmentation = AdaptiveAugment()

    def change(batch):
        return augmentation(batch, seed=SEED)

    result = (tf.function(change, jit_compile=True) if is_compiled else change)(batch)
    assert result.numpy().tobytes() == batch.tobytes()


@pytest.mark.parametrize("name", ["whole_shift", "scale", "rotation", "contrast"])
def test_each_change_has_the_probability(name):
    # A rotation before the stretch and one after it: one of them at least in this share.
    count = 4000
    batch = np.tile(images(1, 16, 16), (count, 1, 1, 1))
    moved = (changed([name], batch, 0.3) != batch).any(axis=(1, 2, 3)).mean()
    # A whole shift is by 0 pixels in a sixteenth of the cases.
    expected = 0.3 * (15 / 16 if name == "whole_shift" else 1.0)
    assert abs(moved - expected) < 4 * np.sqrt(0.3 * 0.7 / count)


def test_a_scheduled_probability_is_the_number_of_its_step():
    schedule = Linear(0.0, 1.0, 8)
    augmentation = AdaptiveAugment(probability=schedule, target=None)
    at_step = augmentation(tf.constant(images()), seed=SEED, step=tf.constant(2, tf.int64))
    assert np.array_equal(at_step, changed(EVERYTHING, images(), 0.25))
    assert augmentation.scheduled() == {"probability": schedule}
    augmentation.build()
    assert augmentation.state is None
    assert AdaptiveAugment(probability=0.5, target=None).scheduled() == {}


def observed(*updates, start=0.5, target=0.6, rise_images=400):
    """The probability after some updates, each the logits of its real images."""
    state, values = _State(start), []
    for logits in updates:
        state.observe(tf.constant(logits, tf.float32), target, rise_images)
        values.append(float(state.probability))
    return values


def test_the_probability_follows_the_sign_after_every_fourth_update():
    sure, unsure = [[3.0]] * 10, [[3.0]] * 5 + [[-3.0]] * 5
    assert observed(*[sure] * 8) == pytest.approx([0.5] * 3 + [0.6] * 4 + [0.7])
    assert observed(*[unsure] * 4) == pytest.approx([0.5] * 3 + [0.4])
    # r over the four updates is .5, then .75.
    assert observed(sure, sure, unsure, unsure)[-1] == pytest.approx(0.4)
    assert observed(sure, sure, sure, unsure)[-1] == pytest.approx(0.6)
    # r is .6 = (8 - 2) / 10.
    assert observed(*[[[1.0]] * 8 + [[-1.0]] * 2] * 4)[-1] == 0.5


def test_the_probability_stays_within_its_bounds():
    assert observed(*[[[1.0]] * 10] * 12, start=0.85)[-1] == 1.0
    assert observed(*[[[-1.0]] * 10] * 12, start=0.15)[-1] == 0.0


def test_a_patch_map_counts_as_the_mean_of_its_signs_and_nan_as_nothing():
    patches = np.where(np.arange(16) < 13, 1.0, -1.0).reshape(1, 4, 4, 1)  # 10 / 16
    assert observed(*[np.tile(patches, (10, 1, 1, 1))] * 4)[-1] == pytest.approx(0.6)
    broken = [[float("nan")]] * 10
    assert observed(*[broken] * 4)[-1] == pytest.approx(0.4)


def test_two_replicas_adapt_as_one_device(two_replicas):
    logits = np.random.default_rng(0).normal(1.0, 1.0, (2, 4, 5, 1)).astype("float32")
    with two_replicas.scope():
        state = _State(0.5)

    @tf.function
    def update(halves):
        indices = two_replicas.experimental_distribute_values_from_function(
            lambda context: tf.constant(context.replica_id_in_sync_group)
        )
        two_replicas.run(lambda index: state.observe(halves[index], 0.6, 400), args=(indices,))

    for number in range(4):
        update(tf.constant(logits[:, number]))
    expected = observed(*np.concatenate(logits, axis=1))[-1]
    assert [float(v) for v in two_replicas.experimental_local_results(state.probability.value)] == [expected] * 2
    assert expected != 0.5


# --- In a GAN ---------------------------------------------------------------------------------------------------------


class Listening(DiffAugment):
    """Writes down the logits that it is told."""

    def __init__(self):
        super().__init__(strength=0.0)
        self.heard = []

    def observe(self, real_logits):
        self.heard.append(np.asarray(real_logits))


def make_gan(name="NonSaturatingGAN", **options):
    keras.utils.set_random_seed(0)
    generator = keras.Sequential([keras.Input((4,)), keras.layers.Dense(36), keras.layers.Reshape((6, 6, 1))])
    discriminator = keras.Sequential([keras.Input((6, 6, 1)), keras.layers.Flatten(), keras.layers.Dense(1)])
    options = {"augmentation": AdaptiveAugment(rise_images=64), "seed": 1} | options
    return getattr(keras_gan, name)(generator, discriminator, **options)


@pytest.mark.long
@pytest.mark.parametrize("parts", [1, 2])
def test_each_update_of_the_discriminator_tells_its_logits_on_real_images_once(parts):
    listening = Listening()
    gan = make_gan(augmentation=[listening], discriminator_steps=2)
    gan.compile(
        keras.optimizers.SGD(0.0), keras.optimizers.SGD(0.0), gradient_accumulation_steps=parts, run_eagerly=True
    )
    gan.train_on_batch(images(16, 6, 6, 1))
    expected = np.asarray(gan.discriminator(images(16, 6, 6, 1))).reshape(2, 8, 1)
    np.testing.assert_allclose(listening.heard, expected, atol=1e-6)
    gan.evaluate(images(8, 6, 6, 1), batch_size=8, verbose=0)
    assert len(listening.heard) == 2


@pytest.mark.long
def test_the_probability_is_logged_saved_and_resumed(tmp_path):
    gan = make_gan(discriminator_steps=2)
    gan.compile(run_eagerly=True)
    # A discriminator that is sure of these images.
    gan.discriminator.layers[-1].bias.assign([100.0])
    logs = gan.fit(images(48, 6, 6, 1), batch_size=8, epochs=1, shuffle=False, verbose=0).history
    (augmentation,) = gan.critic.augmentations
    # Four updates of 8 images are 32 of 64.
    assert logs["adaptive_augment_probability"] == [0.5] == [augmentation.probability_at(0)]
    gan.save(tmp_path / "gan.keras")
    again = keras_gan.training.load_model(tmp_path / "gan.keras")
    assert again.fingerprint() == gan.fingerprint()
    for model in (gan, again):
        model.fit(images(16, 6, 6, 1), batch_size=8, epochs=1, shuffle=False, verbose=0)
    assert again.fingerprint() == gan.fingerprint()
    assert again.critic.augmentations[0].probability_at(0) == 1.0
    # What is counted so far is saved, too: it is part of the state.
    assert len(again.augmentation_0.weights) == 4
    again.augmentation_0.signs.assign_add(1.0)
    assert again.fingerprint() != gan.fingerprint()


@pytest.mark.long
def test_a_gan_on_two_replicas_has_the_probability_of_one_on_one_device(two_replicas):
    def trained():
        gan = make_gan(augmentation=AdaptiveAugment(rise_images=256))
        # Sure of every image.
        gan.discriminator.layers[-1].bias.assign([9.0])
        gan.compile(*(keras.optimizers.SGD(0.1) for _ in range(2)))
        history = gan.fit(images(64, 6, 6, 1), batch_size=8, epochs=2, shuffle=False, verbose=0).history
        return history["adaptive_augment_probability"], gan.discriminator.get_weights()

    probabilities, weights = trained()
    with two_replicas.scope():
        of_replicas, weights_of_replicas = trained()
    assert of_replicas == probabilities == [0.25, 0.5]
    for one, other in zip(weights, weights_of_replicas, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-4)


def test_a_second_gan_needs_its_own():
    augmentation = AdaptiveAugment()
    make_gan(augmentation=augmentation)
    with pytest.raises(ValueError, match=r"Give each GAN a new one\. Received: AdaptiveAugment\(.*for a second time"):
        make_gan(augmentation=augmentation)
    shared = AdaptiveAugment(probability=0.5, target=None)
    for _ in range(2):
        make_gan(augmentation=shared)


@pytest.mark.parametrize("name", ["LSGAN", "WGAN", "WGANGP", "RelativisticGAN", "RelativisticAverageGAN"])
def test_logits_whose_sign_means_nothing_are_nothing_to_adapt_to(name):
    augmentation = AdaptiveAugment()
    with pytest.raises(ValueError, match=r"Give it `target=None` .*Received: augmentation=AdaptiveAugment.*loss="):
        make_gan(name, augmentation=augmentation)
    make_gan(name, augmentation=AdaptiveAugment(target=None, probability=0.5))
    # The error does not use it up.
    make_gan("HingeGAN", augmentation=augmentation)


def test_a_model_of_ones_own_that_does_not_save_the_probability():
    with pytest.raises(ValueError, match=r"`critic.build\(\)` returns as attributes .*without a state"):
        AdaptiveAugment().observe(tf.ones((4, 1)))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"policy": ["blur"]},
            r"an unknown name.*Choose from: blit, geometric, color, flip, .*Received: policy=\['blur'",
        ),
        ({"policy": "blit"}, r'such as `\["blit", "geometric", "color"\]`. Received: policy='),
        ({"probability": 1.5}, r"`probability` must be a number in \[0.0, 1.0\].*Received: probability=1.5"),
        ({"probability": Linear(0.0, 1.0, 9)}, r"give `target=None`. Received: probability=Linear"),
        ({"probability": Linear(0.0, 3.0, 9), "target": None}, r"is 3.0 at step 9. Received: probability=Linear"),
        ({"target": 2.0}, r"`target` must be a number in \[-1.0, 1.0\].*Received: target=2.0"),
        ({"rise_images": 0}, r"`rise_images` must be an integer of at least 1.*Received: rise_images=0"),
    ],
)
def test_bad_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        AdaptiveAugment(**arguments)


def test_vectors_are_no_images():
    with pytest.raises(ValueError, match=r"`InstanceNoise`. Received: images.shape=\(4, 2\)"):
        AdaptiveAugment()(tf.zeros((4, 2)), seed=SEED)
