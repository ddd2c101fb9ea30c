"""All penalties at once: with any GAN and any critic, saved, on replicas, and in parts of a batch."""

import keras
import numpy as np
import pytest

import keras_gan
from keras_gan import penalties
from keras_gan.augmentation import DiffAugment
from keras_gan.schedules import Linear

IMAGES = np.random.default_rng(0).uniform(-1, 1, (8, 8, 8, 1)).astype("float32")


def everything(**path):
    """A penalty of each kind, some of them lazy or on a schedule."""
    shift = DiffAugment(["translation"])
    return [
        penalties.R1(Linear(1.0, 0.5, 4)),
        penalties.R2(1.0),
        penalties.Lazy(penalties.GradientPenalty(1.0), every=2),
        penalties.DRAGAN(1.0),
        penalties.LeCam(0.3, decay=0.5, begin=1),
        penalties.Drift(1e-2),
        penalties.ConsistencyRegularization(shift, 1.0, fake_weight=1.0),
        penalties.LatentConsistency(1.0, sigma=0.5),
        penalties.ApproximateR1(1.0),
        penalties.ApproximateR2(1.0),
        penalties.Orthogonal(1e-2, player="discriminator"),
        penalties.Orthogonal(1e-2),
        penalties.LatentDiversity(0.1, sigma=0.5),
        penalties.Lazy(penalties.PathLength(2.0, **path), every=2),
    ]


def patches(images):
    return keras.layers.Conv2D(1, 3)(keras.layers.LeakyReLU(0.2)(keras.layers.Conv2D(4, 3, strides=2)(images)))


def one_logit(images):
    hidden = keras.layers.Dense(8)(keras.layers.Flatten()(images))
    return keras.layers.Dense(1)(keras.layers.LeakyReLU(0.2)(hidden))


def make_networks(judge=one_logit, *, num_classes=None):
    keras.utils.set_random_seed(4)
    latents, labels = keras.Input((4,), name="latents"), keras.Input((), dtype="int32", name="labels")
    images = keras.Input((8, 8, 1))
    told = [] if num_classes is None else [keras.layers.Embedding(num_classes, 4)(labels)]
    hidden = keras.layers.Dense(16, "relu")(keras.layers.Concatenate()([latents, *told]) if told else latents)
    drawn = keras.layers.Reshape((8, 8, 1))(keras.layers.Dense(64, "tanh")(hidden))
    judged = judge(images)
    if num_classes is not None:
        judged = {"logits": judged, "classes": keras.layers.Dense(num_classes)(keras.layers.Flatten()(images))}
    return keras.Model([latents, labels] if told else latents, drawn), keras.Model(images, judged)


def compiled(gan, **options):
    gan.compile(keras.optimizers.SGD(0.01), keras.optimizers.SGD(0.01), **options)
    return gan


CASES = {
    "ns": (keras_gan.NonSaturatingGAN, one_logit, None),
    "patches": (keras_gan.LSGAN, patches, None),
    "wgan_gp": (keras_gan.WGANGP, one_logit, None),
    "pairing": (keras_gan.RelativisticGAN, one_logit, None),
    "classes": (keras_gan.ACGAN, one_logit, 3),
}


@pytest.mark.parametrize("case", [pytest.param(case, marks=[] if case == "ns" else pytest.mark.long) for case in CASES])
def test_any_set_goes_with_any_gan(case, tmp_path):
    make, judge, num_classes = CASES[case]
    networks, chosen = make_networks(judge, num_classes=num_classes), everything()
    gan = compiled(make(*networks, penalties=chosen, discriminator_steps=1, seed=1), run_eagerly=True)
    labels = [] if num_classes is None else [np.arange(8, dtype="int32") % num_classes]
    logs = [gan.train_on_batch(IMAGES, *labels, return_dict=True) for _ in range(2)]
    values = np.array([[entry[penalty.name] for penalty in chosen] for entry in logs])
    assert np.isfinite(values).all()
    assert (values != 0.0).any(axis=0).all()
    if case != "ns":
        return
    gan.save(tmp_path / "gan.keras")
    again = keras.saving.load_model(tmp_path / "gan.keras")
    assert again.fingerprint() == gan.fingerprint()
    for model in (gan, again):
        model.run_eagerly = True
        model.train_on_batch(IMAGES)
    assert again.fingerprint() == gan.fingerprint()


def test_vectors_are_penalised_like_images():
    dense = keras.layers.Dense
    generator, judge = (
        keras.Sequential([keras.Input((size,)), dense(4, "tanh"), dense(units)]) for size, units in ((2, 3), (3, 1))
    )
    chosen = [penalty for penalty in everything() if penalty.name != "consistency"]
    gan = compiled(
        keras_gan.HingeGAN(generator, judge, penalties=chosen, discriminator_steps=1, seed=1), run_eagerly=True
    )
    logs = gan.train_on_batch(IMAGES[:, :3, 0, 0], return_dict=True)
    assert all(np.isfinite(logs[penalty.name]) for penalty in chosen)


def state_after(gan, steps):
    """Everything that training has changed. (On replicas, `train_on_batch` would give each of them the whole batch.)"""
    gan.fit(np.concatenate([IMAGES] * steps), batch_size=8, shuffle=False, verbose=0)
    return [np.asarray(variable) for variable in gan.training_variables().values()]


@pytest.mark.long
def test_the_step_in_a_graph_is_that_of_eager_mode():
    states = []
    for eager in (True, False):
        gan = compiled(keras_gan.RelativisticGAN(*make_networks(), penalties=everything(), seed=1), run_eagerly=eager)
        states.append(state_after(gan, 2))
    for one, two in zip(*states, strict=True):
        np.testing.assert_allclose(one, two, rtol=1e-3, atol=1e-5)


@pytest.mark.long
def test_two_replicas_take_the_step_of_one_device(two_replicas):
    def make():
        return compiled(keras_gan.NonSaturatingGAN(*make_networks(), penalties=everything(shrink=2), seed=1))

    single = make()
    with two_replicas.scope():
        mirrored = make()
    for one, two in zip(state_after(single, 2), state_after(mirrored, 2), strict=True):
        np.testing.assert_allclose(one, two, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("policy", ["mixed_float16", pytest.param("mixed_bfloat16", marks=pytest.mark.long)])
def test_half_precision_keeps_every_penalty_finite(policy):
    keras.config.set_dtype_policy(policy)
    try:
        networks = keras_gan.networks.mlp(image_shape=(8, 8, 1), latent_dim=4, width=8)
    finally:
        keras.config.set_dtype_policy("float32")
    gan = keras_gan.NonSaturatingGAN(*networks, penalties=everything(), seed=1)
    gan.compile(run_eagerly=True)
    before = gan.generator.get_weights()
    logs = gan.train_on_batch(IMAGES, return_dict=True)
    assert np.isfinite(list(logs.values())).all()
    assert all((a != b).any() for a, b in zip(before, gan.generator.get_weights(), strict=True))


@pytest.mark.long
def test_the_parts_of_a_batch_take_part_in_each_penalty():
    """The penalties of samples alone are means over the parts; those with running means or other draws differ."""
    chosen = [penalties.R1(1.0), penalties.R2(1.0), penalties.Drift(1.0), penalties.Orthogonal(0.1)]
    states = []
    for parts in (1, 2):
        gan = compiled(
            keras_gan.NonSaturatingGAN(*make_networks(), penalties=chosen, seed=1),
            run_eagerly=True,
            gradient_accumulation_steps=parts,
        )
        states.append(state_after(gan, 2))
    for one, two in zip(*states, strict=True):
        np.testing.assert_allclose(one, two, rtol=1e-4, atol=1e-6)
