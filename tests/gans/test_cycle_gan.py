"""CycleGAN: the step against the textbook written out, its pools, and networks that do not fit."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_gan
from keras_gan import losses

SOURCE, TARGET = (4, 4, 1), (4, 4, 2)


def translator(taken, made):
    return keras.Sequential([keras.Input(taken), keras.layers.Conv2D(made[-1], 3, padding="same", activation="tanh")])


def judge(shape):
    return keras.Sequential([keras.Input(shape), keras.layers.Conv2D(1, 3)])


def make(shapes=(SOURCE, SOURCE), **options):
    """G, F, D_X and D_Y of one layer each."""
    x, y = shapes
    options = {"seed": 3, "identity_weight": 0.5 if x == y else 0.0} | options
    return keras_gan.CycleGAN(translator(x, y), translator(y, x), judge(x), judge(y), **options)


def pairs(count, shapes=(SOURCE, SOURCE)):
    generator = np.random.default_rng(1)
    return {
        name: generator.uniform(-1, 1, (count, *shape)).astype("float32")
        for name, shape in zip(("source", "target"), shapes, strict=True)
    }


def sgd():
    return keras.optimizers.SGD(0.5)


def descend(value, tape, *networks):
    weights = [weight for network in networks for weight in network.trainable_weights]
    return list(zip(weights, tape.gradient(value, [weight.value for weight in weights]), strict=True))


@pytest.mark.parametrize(
    "mode", [{"run_eagerly": True}, pytest.param({"jit_compile": True}, marks=pytest.mark.long)], ids=["eager", "XLA"]
)
def test_the_step_is_the_textbook_algorithm(mode):
    model = make(cycle_weight=7.0)
    g, f, judge_x, judge_y = four(make())
    for twin, network in zip((g, f, judge_x, judge_y), four(model), strict=True):
        twin.set_weights(network.get_weights())
    model.compile(translators_optimizer=sgd(), discriminators_optimizer=sgd(), **mode)
    batch = pairs(4)
    logs = model.train_on_batch(batch, return_dict=True)
    x, y = (tf.constant(batch[name]) for name in ("source", "target"))

    def l1(a, b):
        return tf.reduce_mean(tf.abs(a - b))

    with tf.GradientTape(persistent=True) as tape:
        fooling = tf.reduce_mean((judge_y(g(x)) - 1) ** 2) + tf.reduce_mean((judge_x(f(y)) - 1) ** 2)
        cycle = 7.0 * (l1(f(g(x)), x) + l1(g(f(y)), y))
        identity = 7.0 * 0.5 * (l1(g(y), y) + l1(f(x), x))
        total = fooling + cycle + identity
        fake_x, fake_y = tf.stop_gradient(f(y)), tf.stop_gradient(g(x))
        judged = tf.reduce_mean((judge_y(y) - 1) ** 2) + tf.reduce_mean(judge_y(fake_y) ** 2)
        judged = 0.5 * (judged + tf.reduce_mean((judge_x(x) - 1) ** 2) + tf.reduce_mean(judge_x(fake_x) ** 2))
    for weight, gradient in descend(total, tape, g, f) + descend(judged, tape, judge_x, judge_y):
        weight.assign_sub(0.5 * gradient)
    for twin, network in zip((g, f, judge_x, judge_y), four(model), strict=True):
        for expected, found in zip(twin.get_weights(), network.get_weights(), strict=True):
            np.testing.assert_allclose(found, expected, atol=2e-6)
    expected = {"g_loss": fooling, "cycle_loss": cycle, "identity_loss": identity, "d_loss": judged}
    assert logs == pytest.approx({name: float(value) for name, value in expected.items()}, rel=1e-5)


def four(model):
    return model.source_to_target, model.target_to_source, model.source_discriminator, model.target_discriminator


@pytest.mark.parametrize("loss", [losses.NonSaturating(), losses.Relativistic(), losses.LeastSquares()], ids=repr)
def test_another_loss_takes_the_place_of_the_squares(loss):
    model = make(adversarial_loss=loss)
    batch = {name: tf.constant(images) for name, images in pairs(4).items()}
    terms = model.test_terms(batch, None)
    fake = {"source": model.target_to_source(batch["target"]), "target": model.source_to_target(batch["source"])}
    judges = {"source": model.source_discriminator, "target": model.target_discriminator}
    logits = [(judge(batch[side]), judge(fake[side])) for side, judge in judges.items()]
    expected = sum(float(loss.generator_loss(*pair)) for pair in logits)
    assert float(terms["translators"]["g_loss"]) == pytest.approx(expected, rel=1e-5)
    expected = sum(float(loss.discriminator_loss(*pair)) for pair in logits)
    assert float(terms["discriminators"]["d_loss"]) == pytest.approx(expected, rel=1e-5)


def test_the_sampler_has_both_ways_and_their_averages():
    model = make((SOURCE, TARGET), ema_half_life=100)
    for to, network in (("target", "source_to_target"), ("source", "target_to_source")):
        assert model.sampler(to=to).network is getattr(model, f"averaged_{network}")
        assert model.sampler(averaged=False, to=to).network is getattr(model, network)


def test_the_discriminators_see_what_the_pools_return():
    model = make(pool_size=2)
    model.compile(translators_optimizer=sgd(), discriminators_optimizer=sgd(), run_eagerly=True)
    seen = []
    terms = model.discriminator_terms
    model.discriminator_terms = lambda real, fake: seen.append(fake) or terms(real, fake)
    made = []
    for _ in range(6):
        batch = pairs(2)
        made.append(model.source_to_target(batch["source"]).numpy())
        model.train_on_batch(batch)
    np.testing.assert_allclose(seen[0]["target"], made[0], atol=1e-6)
    earlier = [
        any(np.abs(image - old).max() < 1e-6 for old in np.concatenate(made[:step]))
        for step in range(1, 6)
        for image in seen[step]["target"].numpy()
    ]
    assert any(earlier)
    assert not all(earlier)


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_pictures_as_files_hold_them_go_both_ways(dtype):
    """Targets of two channels are grey and something else, so those of three have an alpha."""
    model, white = make((SOURCE, TARGET)), np.iinfo(dtype).max
    picture = np.random.default_rng(0).integers(0, white + 1, (4, 4, 3)).astype(dtype)
    there = model.translate_picture(picture[..., 0])
    images = picture[None, ..., :1].astype("float32") / np.float32(white / 2) - 1
    expected = (model.translate(images)[0] + 1) * (white / 2)
    assert (there.dtype, there.shape) == (dtype, (4, 4, 2))
    np.testing.assert_allclose(there, expected, atol=0.51)
    picture[..., 2] = np.maximum(picture[..., 2], 1)
    back = model.translate_picture(picture, to="source")
    assert back.shape == (4, 4, 2)
    np.testing.assert_array_equal(back[..., 1], picture[..., 2])


def test_it_translates_both_ways_between_images_of_other_shapes():
    model = make((SOURCE, TARGET), ema_half_life=100)
    images = pairs(3, (SOURCE, TARGET))
    there, back = model.translate(images["source"]), model.translate(images["target"], to="source", batch_size=2)
    np.testing.assert_allclose(there, model.source_to_target(images["source"]), atol=1e-6)
    np.testing.assert_allclose(back, model.target_to_source(images["target"]), atol=1e-6)
    with pytest.raises(ValueError, match=r"`to` must be one of 'target', 'source'. Received: to='left'"):
        model.translate(images["source"], to="left")
    with pytest.raises(ValueError, match=r"Images must have the shape.*Received: images.shape=\(3, 4, 4, 2\)"):
        model.translate(images["target"])
    with pytest.raises(ValueError, match="cannot draw images: give `images`"):
        model.draw_samples(3)


@pytest.mark.parametrize(
    "position, network, message",
    [
        (
            0,
            lambda: translator(SOURCE, TARGET),
            r"source_to_target makes samples of shape \(4, 4, 2\), but the target_to",
        ),
        (
            1,
            lambda: translator(SOURCE, TARGET),
            r"target_to_source makes samples of shape \(4, 4, 2\), but the source_to",
        ),
        (2, lambda: judge(TARGET), r"target_to_source makes .* but the source_discriminator takes .*\(4, 4, 2\)"),
        (3, lambda: judge(TARGET), r"source_to_target makes .* but the target_discriminator takes .*\(4, 4, 2\)"),
        (3, lambda: None, r"The target_discriminator must be a keras.Model. Received: target_discriminator=None"),
        (2, lambda: translator(SOURCE, TARGET), r"source_discriminator must return one logit"),
    ],
)
def test_networks_that_do_not_fit(position, network, message):
    networks = [translator(SOURCE, SOURCE), translator(SOURCE, SOURCE), judge(SOURCE), judge(SOURCE)]
    networks[position] = network()
    with pytest.raises(ValueError, match=message):
        keras_gan.CycleGAN(*networks)


@pytest.mark.parametrize("option", ["cycle_weight", "identity_weight", "pool_size"])
def test_bad_options(option):
    with pytest.raises(ValueError, match=rf"(?s)must be .*Received: {option}=-1"):
        make(**{option: -1})


def test_networks_for_images_of_other_sizes():
    """Each two that follow each other may fit, and yet not all."""
    any_size, small, large = (None, None, 1), (4, 4, 1), (8, 8, 1)
    networks = translator(large, large), translator(any_size, any_size), judge(small), judge(any_size)
    with pytest.raises(ValueError, match=r"built for the same shape.*Received: networks for \(8, 8, 1\), \(None"):
        keras_gan.CycleGAN(*networks, pool_size=0)


def test_a_loss_that_is_none():
    with pytest.raises(ValueError, match=r"`adversarial_loss` must be one of `keras_gan.losses`.*='mse'"):
        make(adversarial_loss="mse")


def test_data_without_a_side_are_named():
    model = make()
    model.compile()
    with pytest.raises(ValueError, match=r"the data have no target. Give a tuple or a dict of source, target"):
        model.fit(pairs(4)["source"], batch_size=4, verbose=0)
    with pytest.raises(ValueError, match=r"must have the fields source, target.*Received: fields source, left"):
        model.fit({"source": pairs(4)["source"], "left": pairs(4)["target"]}, batch_size=4, verbose=0)


def test_identity_needs_both_sides_of_one_shape():
    with pytest.raises(ValueError, match=r"identity.*identity_weight=0.*Received"):
        make((SOURCE, TARGET), identity_weight=0.5)
