"""Conditional GANs: labels on their way from the data to both networks, and to samples."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

import keras_gan
from keras_gan.penalties import R1, GradientPenalty

CLASSES = 3
LABELS = np.arange(48) % CLASSES
MLP = {"image_shape": (8, 8, 1), "latent_dim": 4, "width": 8, "depth": 1, "num_classes": CLASSES}
# As the passes by hand have them.
MLP |= {"generator_normalization": None, "spectral_normalization": False}


def sgd():
    return keras.optimizers.SGD(0.1)


def make(gan=keras_gan.NonSaturatingGAN, networks=None, **options):
    model = gan(*(networks or keras_gan.networks.mlp(**MLP)), **{"seed": 1} | options)
    model.compile(run_eagerly=True)
    return model


def listed_networks(order=1):
    """Networks whose inputs are lists: the main input first, or the labels first (`order=-1`)."""
    labels = keras.Input((), dtype="int32", name="labels")
    latents, images = keras.Input((4,), name="latents"), keras.Input((8, 8, 1), name="images")
    table = [keras.layers.Embedding(CLASSES, 6)(labels) for _ in range(2)]
    painted = keras.layers.Dense(64, activation="tanh")(keras.layers.Concatenate()([latents, table[0]]))
    judged = keras.layers.Dense(1)(keras.layers.Multiply()([keras.layers.Dense(6)(flat(images)), table[1]]))
    generator = keras.Model([latents, labels][::order], keras.layers.Reshape((8, 8, 1))(painted))
    return generator, keras.Model([images, labels][::order], judged)


def flat(images):
    return keras.layers.Flatten()(images)


NETWORKS = {
    "mlp": (keras_gan.NonSaturatingGAN, lambda: keras_gan.networks.mlp(**MLP)),
    "dcgan": (
        keras_gan.HingeGAN,
        lambda: keras_gan.networks.dcgan(image_shape=(8, 8, 1), latent_dim=4, width=4, num_classes=CLASSES),
    ),
    "acgan": (
        keras_gan.ACGAN,
        lambda: keras_gan.networks.acgan(image_shape=(8, 8, 1), latent_dim=4, width=4, num_classes=CLASSES),
    ),
    "lists": (keras_gan.LSGAN, listed_networks),
    "lists, labels first": (keras_gan.LSGAN, lambda: listed_networks(-1)),
}


@pytest.mark.parametrize(
    "gan, networks",
    [
        pytest.param(*made, id=name, marks=() if name in ("acgan", "lists") else pytest.mark.long)
        for name, made in NETWORKS.items()
    ],
)
def test_it_trains_and_generates_of_a_class(gan, networks, images):
    model = make(gan, networks())
    assert model.num_classes == CLASSES
    before = model.fingerprint()
    history = model.fit(images[:16], LABELS[:16], batch_size=8, verbose=0).history
    assert np.isfinite(list(history.values())).all()
    assert model.fingerprint() != before
    free = model.generate(4, seed=0)
    np.testing.assert_array_equal(model.generate(4, seed=0), free)
    ones = model.generate(4, labels=1, seed=0)
    np.testing.assert_array_equal(model.generate(4, labels=[1, 1, 1, 1], seed=0), ones)
    assert np.abs(model.generate(4, labels=2, seed=0) - ones).max() > 1e-5
    mixed = model.generate(4, labels=np.array([1, 2, 1, 0]), seed=0)
    np.testing.assert_allclose(mixed[[0, 2]], ones[[0, 2]], atol=1e-6)
    # Labels that are drawn are given labels: of the class that was drawn, the image is the same.
    drawn = model.sampling_inputs(4, seed=0)["labels"].numpy()
    np.testing.assert_array_equal(model.generate(4, labels=drawn, seed=0), free)


@pytest.mark.parametrize(
    "labels, message",
    [
        (3, r"`labels` must be classes from 0 to 2. Received: labels 3"),
        ([0, 1], r"a class for each of the 4"),
        ([0.0, 1.0, 2.0, 0.0], r"integers from 0 to 2.*type float64"),
        (np.eye(3)[[0, 1, 2, 0]], r"Received: labels of shape \(4, 3\)"),
    ],
)
def test_labels_that_it_cannot_generate_of(labels, message):
    with pytest.raises(ValueError, match=message):
        make().generate(4, labels=labels)


def test_labels_for_a_gan_without(networks):
    with pytest.raises(ValueError, match=r"takes no `labels`, only latents.*Received: labels=1"):
        keras_gan.LSGAN(*networks()).generate(4, labels=1)


def test_the_step_hands_the_labels_to_both_networks(images):
    """Against separate passes with a tape for each player."""
    model, twins = make(penalties=[R1(2.0)]), keras_gan.networks.mlp(**MLP)
    for twin, network in zip(twins, (model.generator, model.discriminator), strict=True):
        twin.set_weights(network.get_weights())
    model.compile(sgd(), sgd(), run_eagerly=True)
    real, labels = tf.constant(images[:8]), tf.constant(LABELS[:8], tf.int32)
    latents = model.training_state.noise().normal((8, 4))
    logs = model.train_on_batch(images[:8], LABELS[:8], return_dict=True)

    generator, discriminator = twins

    def judge(x):
        return discriminator({"images": x, "labels": labels})

    def fake():
        return generator({"latents": latents, "labels": labels})

    loss, gradients = model.adversarial_loss, []
    with tf.GradientTape() as tape:
        with tf.GradientTape() as inner:
            inner.watch(real)
            logits = judge(real)
        slopes = inner.gradient(logits, real)
        penalty = tf.reduce_mean(tf.reduce_sum(slopes**2, axis=(1, 2, 3)))
        d_loss = loss.discriminator_loss(logits, judge(fake()))
        total = d_loss + penalty
    gradients = tape.gradient(total, [w.value for w in discriminator.trainable_weights])
    for weight, gradient in zip(discriminator.trainable_weights, gradients, strict=True):
        weight.assign_sub(0.1 * (tf.zeros_like(weight) if gradient is None else gradient))
    with tf.GradientTape() as tape:
        g_loss = loss.generator_loss(None, judge(fake()))
    gradients = tape.gradient(g_loss, [w.value for w in generator.trainable_weights])
    for weight, gradient in zip(generator.trainable_weights, gradients, strict=True):
        weight.assign_sub(0.1 * gradient)
    for twin, network in zip(twins, (model.generator, model.discriminator), strict=True):
        for expected, found in zip(twin.get_weights(), network.get_weights(), strict=True):
            np.testing.assert_allclose(found, expected, atol=2e-6)
    assert logs == pytest.approx({"d_loss": float(d_loss), "g_loss": float(g_loss), "r1": float(penalty)}, rel=1e-5)


def test_the_gradient_penalty_has_the_labels_of_the_real_images(images):
    """D(x, c) = (c + 1) mean(x), whose slope is (c + 1) / 8 everywhere."""
    pictures, labels = keras.Input((8, 8, 1), name="images"), keras.Input((1,), name="labels")
    mean = keras.layers.Dense(1, use_bias=False, kernel_initializer=keras.initializers.Constant(1 / 64))(flat(pictures))
    factor = keras.layers.Dense(1, kernel_initializer="ones", bias_initializer="ones")(labels)
    critic = keras.Model([pictures, labels], keras.layers.Multiply()([mean, factor]))
    generator, _ = keras_gan.networks.mlp(**MLP)
    model = keras_gan.WGANGP(generator, critic, penalties=[GradientPenalty(3.0)], discriminator_steps=1, num_classes=3)
    model.compile(keras.optimizers.SGD(0.0), keras.optimizers.SGD(0.0), run_eagerly=True)
    given = np.array([0, 1, 2, 2, 0, 0, 1, 2])
    logs = model.train_on_batch(images[:8], given, return_dict=True)
    assert logs["gradient_penalty"] == pytest.approx(3.0 * np.mean(((given + 1) / 8 - 1) ** 2), rel=1e-5)


@pytest.mark.long
@pytest.mark.parametrize(
    "form",
    ["column", *(pytest.param(form, marks=pytest.mark.long) for form in ("data set", "int64", "uint8", "dict"))],
)
def test_the_forms_that_labels_come_in_are_the_same_labels(form, images):
    labels = {"column": LABELS[:, None], "uint8": LABELS.astype("uint8")}.get(form, LABELS)
    data = {"images": images, "labels": labels} if form == "dict" else (images, labels)
    if form == "data set":
        data = tf.data.Dataset.from_tensor_slices(data).batch(8)
    found = []
    for x, size in ((data, None if form == "data set" else 8), ((images, LABELS), 8)):
        keras.utils.set_random_seed(0)
        model = make()
        model.fit(x, batch_size=size, shuffle=False, verbose=0)
        found.append(model.fingerprint())
    assert found[0] == found[1]
    if form != "data set":
        steps = [make().train_on_batch(images[:8], each[:8]) for each in (labels, LABELS)]
        assert np.isfinite(steps).all()


def test_labels_that_it_cannot_train_on(images):
    model = make()
    for bad, message in (
        (LABELS + 1, r"knows 3 classes, so `labels` must be classes from 0 to 2. Received: labels 3"),
        (LABELS - 1, r"Received: labels -1"),
        (np.eye(3, dtype="float32")[LABELS], r"class indices.*`labels.argmax\(-1\)`.*shape \(\w+, 3\)"),
        (LABELS.astype("float32"), r"must be class indices.*dtype float32"),
    ):
        for run in (
            lambda bad=bad: model.fit(images, bad, batch_size=48, verbose=0),
            lambda bad=bad: model.train_on_batch(images, bad),
            lambda bad=bad: model.evaluate(images, bad, batch_size=48, verbose=0),
        ):
            with pytest.raises(ValueError, match=message):
                run()
    later = np.where(np.arange(48) == 30, 7, LABELS)
    with pytest.raises(ValueError, match=r"While training, a batch holds labels that are no class of this model"):
        model.fit(tf.data.Dataset.from_tensor_slices((images, later)).batch(8), verbose=0)


def test_missing_labels_and_classes_of_other_data(images):
    model = make()
    with pytest.raises(ValueError, match=r"the data have no labels.*`keras_gan.data.load\(..., labels=True\)`"):
        model.fit(images, batch_size=8, verbose=0)
    with pytest.raises(ValueError, match=r"no labels"):
        model.train_on_batch(images[:8])
    with pytest.raises(ValueError, match=r"same number of samples.*{'images': 8, 'labels': 7} samples"):
        model.train_on_batch(images[:8], LABELS[:7])
    digits = keras_gan.data.load("digits", image_size=8, batch_size=8, labels=True)
    with pytest.raises(ValueError, match=r"The data have 10 classes, but the networks are built for 3.*num_classes=3"):
        model.fit(digits, verbose=0)


def test_networks_of_other_numbers_of_classes():
    generator, _ = keras_gan.networks.mlp(**MLP)
    _, discriminator = keras_gan.networks.mlp(**MLP | {"num_classes": 4})
    with pytest.raises(
        ValueError, match=r"classes differ: 3 and 4.*leave `num_classes` out. Received: num_classes=None"
    ):
        keras_gan.LSGAN(generator, discriminator)


@pytest.mark.long
def test_two_replicas_take_the_step_of_one_device(images, two_replicas):
    with two_replicas.scope():
        mirrored_networks = keras_gan.networks.mlp(**MLP)
        mirrored = keras_gan.NonSaturatingGAN(*mirrored_networks, seed=1)
        mirrored.compile(sgd(), sgd())
    networks = keras_gan.networks.mlp(**MLP)
    for network, other in zip(networks, mirrored_networks, strict=True):
        network.set_weights(other.get_weights())
    single = keras_gan.NonSaturatingGAN(*networks, seed=1)
    single.compile(sgd(), sgd(), run_eagerly=True)
    for model in (single, mirrored):
        model.fit(images[:16], LABELS[:16], batch_size=8, verbose=0, shuffle=False)
    for network, other in zip(networks, mirrored_networks, strict=True):
        for one, two in zip(network.get_weights(), other.get_weights(), strict=True):
            np.testing.assert_allclose(two, one, atol=1e-6)


def test_predict_takes_the_inputs_of_the_generator():
    model = make()
    inputs = model.sampling_inputs(5, seed=2)
    arrays = {name: value.numpy() for name, value in inputs.items()}
    np.testing.assert_allclose(model.predict(arrays, verbose=0), model.generate(5, seed=2), atol=1e-6)


def test_snapshots_have_a_row_for_each_class(images, tmp_path):
    model = make()
    snapshots = keras_gan.callbacks.ImageSnapshots(tmp_path, num_images=6, seed=3, gif=False)
    model.fit(images[:8], LABELS[:8], batch_size=8, verbose=0, callbacks=[snapshots])
    drawn = model.generate(6, labels=[0, 0, 1, 1, 2, 2], seed=3)
    expected = keras_gan.callbacks.image_grid(drawn, columns=2)
    with Image.open(tmp_path / "epoch_0001.png") as picture:
        np.testing.assert_array_equal(np.asarray(picture), np.squeeze(expected))
