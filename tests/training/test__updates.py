"""Updates: each player's weights get the gradient of its own terms, and no other network's state changes."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_gan
from keras_gan.penalties import R1, GradientPenalty, Lazy
from keras_gan.training._updates import Deferred

RATE = 0.1


def weights_of(model):
    return {name: [w.numpy().copy() for w in player.trainable_weights] for name, player in model.players.items()}


def states_of(network):
    trained = {id(weight) for weight in network.trainable_weights}
    return [variable.numpy().copy() for variable in network.variables if id(variable) not in trained]


def by_hand(model, points, painted_from=None):
    """The step of plain gradient descent, with a tape for each player."""
    batch, moved = {"points": tf.constant(points)}, {}
    for name, player in model.players.items():
        with tf.GradientTape() as tape:
            total = tf.add_n(list(model.objective(batch, model.paint(batch))[name].values()))
        gradients = tape.gradient(total, [w.value for w in player.trainable_weights], unconnected_gradients="zero")
        moved[name] = [np.array(w - RATE * g) for w, g in zip(player.trainable_weights, gradients, strict=True)]
    return moved


def assert_equal_weights(found, expected, atol=1e-6):
    for name in expected:
        for one, two in zip(found[name], expected[name], strict=True):
            np.testing.assert_allclose(one, two, atol=atol, err_msg=name)


@pytest.mark.parametrize(
    "compiled", [{"run_eagerly": True}, pytest.param({"jit_compile": True}, marks=pytest.mark.long)]
)
def test_each_player_gets_the_gradient_of_its_own_terms(compiled, trio, points):
    model = trio(compiled=compiled)
    before, expected = weights_of(model), by_hand(model, points)
    model.train_on_batch(points)
    assert_equal_weights(weights_of(model), expected)
    for name in before:
        assert any(np.abs(a - b).max() > 1e-4 for a, b in zip(before[name], expected[name], strict=True))


def test_a_recorded_pass_gives_two_players_what_two_passes_give(trio, points):
    """The judge first; then the artist, against the judge that has learnt."""
    model, twin = trio(is_recorded=True), trio()
    model.train_on_batch(points)
    start = weights_of(twin)
    judge = by_hand(twin, points)["judge"]
    for weight, value in zip(twin.players["judge"].trainable_weights, judge, strict=True):
        weight.assign(value)
    artist = by_hand(twin, points)["artist"]
    assert_equal_weights(weights_of(model), {"artist": artist, "editor": start["editor"], "judge": judge})


def test_an_artist_is_traced_once_for_two_players(trio, points):
    calls = []
    model = trio(is_recorded=True)
    paint = model.paint
    model.paint = lambda batch: calls.append(1) or paint(batch)
    model.train_on_batch(points)
    assert len(calls) == 1


def test_the_state_of_a_network_that_is_not_updated_stays(trio, points):
    """Running statistics and the random streams of Dropout; those of the player that is updated move."""
    noisy = keras.layers.BatchNormalization, lambda: keras.layers.Dropout(0.5)
    model = trio(*noisy)
    before = {name: states_of(getattr(model, name)) for name in model.players}
    batch = {"points": tf.constant(points)}
    for name in model.players:
        model.minimise(lambda batch, name=name: model.only(name, batch, model.paint(batch)), batch)
        for other in model.players:
            after = states_of(getattr(model, other))
            assert len(after) == 3
            changed = [(a != b).any() for a, b in zip(after, before[other], strict=True)]
            assert all(changed) if other == name else not any(changed), (name, other)
            before[other] = after


@pytest.mark.parametrize("is_recorded", [False, True])
def test_accumulated_gradients_are_those_of_the_whole_batch(is_recorded, trio, points):
    found = []
    for parts in (1, 4):
        model = trio(is_recorded=is_recorded, compiled={"gradient_accumulation_steps": parts, "run_eagerly": True})
        logs = model.train_on_batch(points, return_dict=True)
        found.append((weights_of(model), logs))
    assert_equal_weights(found[1][0], found[0][0], atol=2e-6)
    assert found[1][1] == pytest.approx(found[0][1], abs=1e-6)


@pytest.mark.parametrize("compiled", [{"run_eagerly": True}, {"gradient_accumulation_steps": 2, "run_eagerly": True}])
def test_a_player_that_is_held_takes_no_step(compiled, trio, points):
    model = trio(compiled=compiled)
    objective = model.objective

    def held(*inputs):
        model.hold("judge", model.training_state.step.value < 1)
        model.hold("editor", tf.constant(False))
        return objective(*inputs)

    model.objective = held
    for waits in (True, False):
        before = weights_of(model)
        assert set(model.train_on_batch(points, return_dict=True)) == {"likeness", "change", "verdict"}
        after = weights_of(model)
        still = {name for name in after if all(map(np.array_equal, before[name], after[name]))}
        assert still == ({"judge"} if waits else set())
    assert [int(player.optimizer.iterations) for player in model.players.values()] == [2, 2, 1]


@pytest.mark.parametrize(
    "terms, message",
    [
        (
            {"painter": {"change": 0.0}},
            r"'painter' is not a player. The players are artist, editor, judge. Received: {'painter'",
        ),
        ({"judge": {"verdict": tf.ones((5, 1))}}, r"must be one number.*'verdict': a tensor of shape \(5, 1\)"),
        ({"judge": {"verdict": (1.0, 2.0)}}, r"must be one number: add its parts.*'verdict': a tuple"),
        ({"judge": {"verdct": 0.0}}, r"'verdct' is not in the model's `terms`.*Received: {'judge': {'verdct'"),
    ],
)
def test_terms_and_players_that_are_not_there(terms, message, trio, points):
    with pytest.raises(ValueError, match=message):
        trio().minimise(lambda batch: terms, {"points": tf.constant(points)})


def deferred_objective(model, every, *, alone):
    def objective(batch):
        verdict = model.judge(batch["points"], training=True)
        lazy = Deferred(lambda: every * tf.reduce_mean(tf.square(model.judge(batch["points"], training=True))), every)
        return {"judge": {"likeness": lazy} if alone else {"verdict": tf.reduce_mean(verdict), "likeness": lazy}}

    return objective


@pytest.mark.parametrize("alone", [False, True])
def test_a_deferred_term_has_a_step_of_its_own(alone, trio, points):
    """In steps 0, 3, ...: with plain gradient descent, after the step on the other terms."""
    model, batch = trio(), {"points": tf.constant(points)}
    for step in range(4):
        expected = [weight.numpy().copy() for weight in model.judge.trainable_weights]
        twin = keras.models.clone_model(model.judge)
        twin.set_weights(model.judge.get_weights())
        losses = [] if alone else [lambda logits: tf.reduce_mean(logits)]
        losses += [lambda logits: 3 * tf.reduce_mean(tf.square(logits))] if step in (0, 3) else []
        for loss in losses:
            with tf.GradientTape() as tape:
                value = loss(twin(points))
            gradients = tape.gradient(value, [w.value for w in twin.trainable_weights])
            for weight, gradient in zip(twin.trainable_weights, gradients, strict=True):
                weight.assign_sub(RATE * gradient)
        model.minimise(deferred_objective(model, 3, alone=alone), batch)
        model.training_state.step.assign_add(1)
        assert_equal_weights({"judge": model.judge.get_weights()}, {"judge": twin.get_weights()})
        moved = any((a != b).any() for a, b in zip(expected, model.judge.get_weights(), strict=True))
        assert moved == bool(losses)


# --- Losses that the networks' own layers add ------------------------------------------------------------------------


class Added(keras.layers.Layer):
    """Passes its input through, and adds a loss: the mean of its own weight times the input."""

    def __init__(self):
        super().__init__()
        self.scale = self.add_weight(shape=(), initializer="ones", name="scale")

    def call(self, inputs):
        self.add_loss(tf.cast(self.scale * tf.reduce_mean(inputs), "float32"))
        return inputs


@pytest.mark.long
@pytest.mark.parametrize("regular", [False, True], ids=["add_loss", "activity_regularizer"])
@pytest.mark.parametrize("penalty", [None, R1(1.0), GradientPenalty(1.0), Lazy(R1(1.0), every=2)], ids=repr)
def test_the_losses_of_the_layers_count_once_for_each_kind_of_images(regular, penalty, networks, images):
    """The adversarial loss and the penalty weigh nothing: the layers' own losses are all that moves the weights."""
    generator, discriminator = networks()
    # Keras divides by the size of the batch: the mean over its values is what is left.
    regularised = keras.layers.Dense(1, use_bias=False, activity_regularizer=lambda x: tf.reduce_sum(x) / 64)
    added = regularised if regular else Added()
    judge = keras.Sequential([keras.Input((8, 8, 1)), added, discriminator])
    gan = keras_gan.NonSaturatingGAN(generator, judge, penalties=[] if penalty is None else [penalty], seed=1)
    nothing = dict.fromkeys(gan.trackers, 0.0)
    gan.compile(keras.optimizers.SGD(0.0), keras.optimizers.SGD(0.5), loss_weights=nothing, run_eagerly=True)
    (weight,) = added.trainable_weights
    before, rest = float(np.squeeze(weight)), discriminator.get_weights()
    fake = generator(gan.training_state.noise().normal((8, 4)))
    gan.train_on_batch(images[:8])
    rate = float(gan.discriminator_optimizer.learning_rate)
    moved = before - rate * (np.mean(images[:8]) + np.mean(fake))
    assert float(np.squeeze(weight)) == pytest.approx(moved, abs=1e-6)
    for value, start in zip(discriminator.get_weights(), rest, strict=True):
        np.testing.assert_array_equal(value, start)


@pytest.mark.parametrize("parts", [1, 2])
def test_the_generators_own_loss_counts_once_in_its_own_update(parts, networks, images):
    generator, discriminator = networks()
    added = Added()
    # Behind the images, so that its weight moves by the mean of them.
    painter = keras.Sequential([generator, added])
    gan = keras_gan.NonSaturatingGAN(painter, discriminator, seed=1)
    options = {"loss_weights": {"d_loss": 0.0, "g_loss": 0.0}, "gradient_accumulation_steps": parts}
    gan.compile(keras.optimizers.SGD(0.5), keras.optimizers.SGD(0.5), run_eagerly=True, **options)
    fake = generator(gan.training_state.noise().normal((8, 4)))
    judged = discriminator.get_weights()
    gan.train_on_batch(images[:8])
    assert float(added.scale) == pytest.approx(1.0 - 0.5 * np.mean(fake), abs=1e-6)
    for value, start in zip(discriminator.get_weights(), judged, strict=True):
        np.testing.assert_array_equal(value, start)


# --- Gradients of embeddings ------------------------------------------------------------------------------------------


def conditional_gan(kind):
    """A GAN whose networks look labels up in a table, or multiply them with it: the same function."""

    def encoded(labels, units):
        if kind == "sparse":
            return keras.layers.Embedding(3, units, name="table")(labels)
        one_hot = keras.layers.CategoryEncoding(3, "one_hot")(labels)
        return keras.layers.Dense(units, use_bias=False, name="table")(one_hot)

    labels = keras.Input((), dtype="int32", name="labels")
    latents, images = keras.Input((4,), name="latents"), keras.Input((8, 8, 1), name="images")
    hidden = keras.layers.Multiply()([keras.layers.Dense(6)(latents), encoded(labels, 6)])
    painted = keras.layers.Reshape((8, 8, 1))(keras.layers.Dense(64, activation="tanh")(hidden))
    seen = keras.layers.Multiply()([keras.layers.Dense(6)(keras.layers.Flatten()(images)), encoded(labels, 6)])
    judged = keras.layers.Dense(1)(seen)
    return keras_gan.NonSaturatingGAN(
        keras.Model([latents, labels], painted), keras.Model([images, labels], judged), num_classes=3, seed=1
    )


def flat(weights):
    return np.concatenate([weight.ravel() for weight in weights])


def trained_weights(gan, start, images, optimizer, **options):
    gan.set_weights(start)
    with gan.distribute_strategy.scope():
        gan.compile(optimizer(), optimizer(), **options)
    labels = np.array([0, 1, 1, 1, 0, 1, 1, 0] * 2)
    gan.fit(images[:16], labels, batch_size=8, verbose=0, shuffle=False)
    return flat(gan.get_weights())


@pytest.mark.parametrize(
    "make, options",
    [
        (lambda: keras.optimizers.Adam(0.01, epsilon=1e-3), {}),
        *(
            pytest.param(*case, marks=pytest.mark.long)
            for case in (
                (lambda: keras.optimizers.RMSprop(0.01, epsilon=1e-3), {}),
                (lambda: keras.optimizers.Adam(0.01, epsilon=1e-3), {"gradient_accumulation_steps": 2}),
                (lambda: keras.optimizers.SGD(1.0, clipnorm=0.01), {}),
            )
        ),
    ],
    ids=["Adam", "RMSprop", "accumulated", "clipped"],
)
def test_an_embedding_takes_the_step_of_a_matrix(make, options, images):
    """Rows that occur several times in a sparse gradient would otherwise be squared and clipped one by one."""
    gans = [conditional_gan(kind) for kind in ("sparse", "dense")]
    start = gans[1].get_weights()
    sparse, dense = (trained_weights(gan, start, images, make, run_eagerly=True, **options) for gan in gans)
    np.testing.assert_allclose(sparse, dense, atol=2e-6)
    assert np.abs(sparse - flat(start)).max() > 1e-3


@pytest.mark.long
def test_replicas_clip_the_gradient_of_an_embedding(images, two_replicas):
    single = conditional_gan("sparse")
    with two_replicas.scope():
        mirrored = conditional_gan("sparse")

    def clipped():
        return keras.optimizers.SGD(1.0, clipnorm=0.01)

    start = single.get_weights()
    one, two = (trained_weights(gan, start, images, clipped) for gan in (single, mirrored))
    np.testing.assert_allclose(two, one, atol=1e-6)
