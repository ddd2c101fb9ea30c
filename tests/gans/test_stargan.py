"""StarGAN: the step against the textbook written out, its losses in closed form, and labels of both kinds."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_gan
from keras_gan.penalties import GradientPenalty
from keras_gan.training import _batches
from keras_gan.training.training_state import StepNoise

SHAPE = (4, 4, 1)


def translator(labels=(3,), made=1):
    """tanh(W * x + v.c): of which a label changes the brightness."""
    images, domain = keras.Input(SHAPE, name="images"), keras.Input(labels, name="labels")
    rows = domain if labels else keras.layers.CategoryEncoding(3, "one_hot")(domain)
    shade = keras.layers.Reshape((1, 1, made))(keras.layers.Dense(made, use_bias=False)(rows))
    changed = keras.layers.Conv2D(made, 3, padding="same")(images) + shade
    return keras.Model({"images": images, "labels": domain}, keras.layers.Activation("tanh")(changed))


def judge(classes=3, shape=SHAPE):
    """A map of 2x2 logits, and a logit for each domain."""
    images = keras.Input(shape, name="images")
    outputs = {"logits": keras.layers.Conv2D(1, 3)(images)}
    if classes:
        outputs["classes"] = keras.layers.Dense(classes)(keras.layers.Flatten()(images))
    return keras.Model(images, outputs)


def make(**options):
    return keras_gan.StarGAN(translator(), judge(), **{"seed": 3, "discriminator_steps": 2} | options)


def data(count, rows=False):
    generator = np.random.default_rng(1)
    labels = generator.integers(0, 2, (count, 3)) if rows else np.arange(count) % 3
    return {"images": generator.uniform(-1, 1, (count, *SHAPE)).astype("float32"), "labels": labels.astype("int32")}


def test_the_step_is_the_textbook_algorithm():
    model = make(class_weight=2.0, reconstruction_weight=7.0, penalties=[])
    g, d = translator(), judge()
    for twin, network in ((g, model.generator), (d, model.discriminator)):
        twin.set_weights(network.get_weights())
    sgd = keras.optimizers.SGD
    model.compile(generator_optimizer=sgd(0.5), discriminator_optimizer=sgd(0.5), run_eagerly=True)
    model.in_another_order = lambda labels, noise: labels[::-1]
    batch = data(8)
    logs = model.train_on_batch(batch, return_dict=True)
    judged = []
    for half in (slice(0, 4), slice(4, 8)):
        x, c = tf.constant(batch["images"][half]), tf.one_hot(batch["labels"][half], 3)
        wanted = c[::-1]
        with tf.GradientTape() as tape:
            y = tf.stop_gradient(g({"images": x, "labels": wanted}))
            distance = tf.reduce_mean(d(y)["logits"]) - tf.reduce_mean(d(x)["logits"])
            named = 2.0 * tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(c, d(x)["classes"]))
            total = distance + named
        descend(tape, total, d)
        judged.append((distance, named))
    with tf.GradientTape() as tape:
        y = g({"images": x, "labels": wanted})
        fooling = -tf.reduce_mean(d(y)["logits"])
        belonging = 2.0 * tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(wanted, d(y)["classes"]))
        again = 7.0 * tf.reduce_mean(tf.abs(x - g({"images": y, "labels": c})))
        total = fooling + belonging + again
    descend(tape, total, g)
    for twin, network in ((g, model.generator), (d, model.discriminator)):
        for expected, found in zip(twin.get_weights(), network.get_weights(), strict=True):
            np.testing.assert_allclose(found, expected, atol=2e-6)
    expected = dict(zip(("d_loss", "d_class_loss"), np.mean(judged, axis=0), strict=True))
    expected |= {"g_loss": fooling, "g_class_loss": belonging, "reconstruction_loss": again}
    assert logs == pytest.approx({name: float(value) for name, value in expected.items()}, rel=1e-5)


def descend(tape, value, network):
    weights = network.trainable_weights
    for weight, gradient in zip(weights, tape.gradient(value, [w.value for w in weights]), strict=True):
        weight.assign_sub(0.5 * (tf.zeros_like(weight.value) if gradient is None else gradient))


def test_the_penalty_is_the_paper_s_on_the_mean_of_the_map_and_may_be_that_of_the_sum():
    (penalty,) = make().players["discriminator"].penalties.values()
    assert penalty.get_config() == GradientPenalty(10.0).get_config()
    critic = judge()
    real, fake = (tf.constant(data(8)["images"][half]) for half in (slice(0, 4), slice(4, 8)))
    with tf.GradientTape() as tape:
        tape.watch(real)
        total = tf.reduce_sum(critic(real)["logits"])
    # The critic is linear, so its slope is the same between the images.
    slope = tf.norm(tf.reshape(tape.gradient(total, real), (4, -1)), axis=1)
    theirs = 10.0 * np.mean((slope - 1.0) ** 2)
    ours = GradientPenalty(10.0 * 4**2, target=1 / 4)(lambda images: critic(images)["logits"], real, fake)
    assert float(ours) == pytest.approx(theirs, rel=1e-5)


def test_the_wanted_labels_are_those_of_the_batch_in_an_order_that_changes():
    model, labels = make(), tf.range(50)
    orders = [
        model.in_another_order(labels, StepNoise(tf.constant(3, tf.int64), tf.constant(step, tf.int64))).numpy()
        for step in (0, 1, 0)
    ]
    assert all(sorted(order) == list(range(50)) for order in orders)
    np.testing.assert_array_equal(orders[0], orders[2])
    assert (orders[0] != orders[1]).any()
    assert (orders[0] != np.arange(50)).any()


def test_replicas_order_the_labels_of_the_whole_batch(two_replicas):
    model, noise = make(), StepNoise(*[tf.constant(0, tf.int64)] * 2)
    whole = model.in_another_order(tf.range(8), noise)
    rows = two_replicas.experimental_distribute_values_from_function(
        lambda replica: tf.range(4) + 4 * replica.replica_id_in_sync_group
    )
    made = two_replicas.run(
        lambda rows: model.in_another_order(rows, StepNoise(*[tf.constant(0, tf.int64)] * 2)), args=(rows,)
    )
    np.testing.assert_array_equal(tf.concat(two_replicas.experimental_local_results(made), axis=0), whole)


def test_several_labels_at_once():
    model = make(labels="attributes")
    batch = data(4, rows=True)
    # At logits of 0 each of the three labels costs ln 2; certain and right, nothing; certain and wrong, the logit.
    assert float(model.class_loss(tf.zeros((4, 3)), batch["labels"])) == pytest.approx(3 * np.log(2), rel=1e-5)
    certain = tf.constant(20.0 * (2.0 * batch["labels"] - 1.0), tf.float32)
    assert float(model.class_loss(certain, batch["labels"])) == pytest.approx(0.0, abs=1e-6)
    assert float(model.class_loss(-certain, batch["labels"])) == pytest.approx(60.0, rel=1e-5)
    model.compile(run_eagerly=True)
    logs = model.train_on_batch(batch, return_dict=True)
    assert np.isfinite(list(logs.values())).all()
    one, each = model.translate(batch["images"], labels=[1, 0, 1]), np.tile([1, 0, 1], (4, 1))
    for same in (each, each.astype("float32"), each.astype(bool)):
        np.testing.assert_array_equal(one, model.translate(batch["images"], labels=same))
    rows = tf.cast(each, tf.float32)
    np.testing.assert_allclose(
        one, model.generator({"images": tf.constant(batch["images"]), "labels": rows}), atol=1e-6
    )


def test_a_label_for_all_or_for_each_in_one_piece_or_in_tiles():
    model, images = make(ema_half_life=10), data(5)["images"]
    labels = np.array([2, 0, 1, 1, 2])
    each = model.translate(images, labels=labels, batch_size=2)
    for label in range(3):
        np.testing.assert_allclose(
            each[labels == label], model.translate(images, labels=label)[labels == label], atol=1e-6
        )
    large = np.tile(images, (1, 3, 2, 1))
    tiled = model.translate(large, labels=labels, batch_size=2, overlap=0)
    np.testing.assert_allclose(tiled, np.tile(each, (1, 3, 2, 1)), atol=1e-6)
    np.testing.assert_allclose(model.predict({"images": images, "labels": labels}, verbose=0), each, atol=1e-6)


def test_an_export_takes_several_labels_at_once(tmp_path):
    model, batch = make(labels="attributes"), data(2, rows=True)
    folder = keras_gan.export.save(model, tmp_path / "served", signatures=["serving_default"])
    serve = tf.saved_model.load(str(folder)).signatures["serving_default"]
    images = tf.constant(batch["images"])
    (made,) = serve(images=images, labels=tf.constant(batch["labels"])).values()
    np.testing.assert_allclose(made, model.translate(batch["images"], labels=batch["labels"]), atol=1e-6)
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"from 0 to 1.*wrong labels ="):
        serve(images=images, labels=tf.constant([[0, 1, 2], [0, 1, 1]]))


def test_a_generator_that_takes_class_indices():
    model = keras_gan.StarGAN(translator(labels=()), judge(), seed=0)
    images = data(3)["images"]
    made = model.translate(images, labels=[0, 1, 2])
    given = {"images": tf.constant(images), "labels": tf.range(3)}
    np.testing.assert_allclose(made, model.generator(given), atol=1e-6)


def test_pictures_show_each_domain():
    model, images = make(), data(7)["images"]
    shown, columns = model.snapshot(12, seed=0, inputs=images)
    assert columns == 4
    rows = shown.reshape(3, 4, *SHAPE)
    np.testing.assert_array_equal(rows[:, 0], images[:3])
    for domain in range(3):
        np.testing.assert_array_equal(rows[:, 1 + domain], model.translate(images[:3], labels=domain))


def test_pictures_show_each_attribute_changed():
    model, batch = make(labels="attributes"), data(2, rows=True)
    shown, _ = model.snapshot(8, seed=0, inputs=batch)
    rows = shown.reshape(2, 4, *SHAPE)
    for index in range(3):
        changed = batch["labels"].copy()
        changed[:, index] = 1 - changed[:, index]
        np.testing.assert_array_equal(rows[:, 1 + index], model.translate(batch["images"], labels=changed))
    # Of images alone the attributes are not known: each picture shows one attribute and no other.
    alone, _ = model.snapshot(8, seed=0, inputs=batch["images"])
    np.testing.assert_array_equal(alone.reshape(2, 4, *SHAPE)[:, 2], model.translate(batch["images"], labels=[0, 1, 0]))


@pytest.mark.parametrize(
    "kind, labels, message",
    [
        ("domains", None, r"`labels` must say where to translate: classes from 0 to 2. Received: labels=None"),
        ("domains", 3, r"knows 3 classes, so `labels` must be classes from 0 to 2. Received: labels 3"),
        ("domains", [0, 5, 7, -1], r"classes from 0 to 2. Received: labels -1, 5, 7"),
        ("domains", [0, 1], r"one class for all samples, or a class for each of the 4.*labels of shape \(2,\)"),
        ("domains", 1.5, r"integers from 0 to 2. Received: labels of shape \(4,\) and type float64"),
        ("attributes", [0, 2, 1], r"`labels` must be rows of 3 labels, each from 0 to 1. Received: labels 2"),
        (
            "attributes",
            [0, 1],
            r"one row of 3 labels for all samples, or a row of 3 labels for each of the 4: integers",
        ),
    ],
)
def test_labels_that_match_no_domain(kind, labels, message):
    with pytest.raises(ValueError, match=message):
        make(labels=kind).translate(data(4)["images"], labels=labels)


def test_labels_that_were_forgotten():
    with pytest.raises(ValueError, match="`labels` must say where to translate"):
        make(labels="domains").translate(data(4)["images"])


@pytest.mark.long
@pytest.mark.parametrize(
    "kind, labels, message",
    [
        ("domains", np.array([0, 1, 2, 3]), r"classes from 0 to 2. Received: labels 3"),
        ("domains", np.zeros((4, 3), "int32"), r"`labels` must be class indices: integers of shape \(batch,\)"),
        ("attributes", np.arange(4), r"rows of 3 labels, each from 0 to 1, of shape \('batch', 3\).*Received"),
        ("attributes", np.full((4, 3), 0.5), r"rows of 3 labels, each from 0 to 1. Received: labels 0.5"),
        ("attributes", np.full((4, 3), 2), r"rows of 3 labels, each from 0 to 1. Received: labels 2"),
    ],
)
def test_data_with_labels_that_match_no_domain(kind, labels, message):
    model = make(labels=kind)
    model.compile()
    with pytest.raises(ValueError, match=message):
        model.fit({"images": data(4)["images"], "labels": labels}, batch_size=2, verbose=0)


def test_a_later_batch_with_a_wrong_attribute_is_found():
    model, batch = make(labels="attributes"), data(20, rows=True)
    # As floats, which a table of attributes may hold.
    batch["labels"] = batch["labels"].astype("float32")
    batch["labels"][18, 1] = 0.5
    batches = iter(_batches.Batches(tf.data.Dataset.from_tensor_slices(batch).batch(2), model.data_spec).batches())
    np.testing.assert_array_equal(next(batches)["labels"], batch["labels"][:2])
    with pytest.raises(tf.errors.InvalidArgumentError, match="labels that are no class of this model"):
        list(batches)


@pytest.mark.parametrize(
    "networks, options, message",
    [
        (
            lambda: (translator(labels=(4,)), judge()),
            {},
            r"same domains. The discriminator knows 3 .*'labels' of shape \(batch, 3\). Received: .*\(None, 4\)",
        ),
        (lambda: (translator(labels=()), judge()), {"labels": "attributes"}, r"same attributes.*shape \(None,\)"),
        (lambda: (translator(), judge(classes=None)), {}, r"two outputs, 'logits' and 'classes'. Received"),
        (lambda: (translator(made=2), judge()), {}, r"generator makes samples of shape \(4, 4, 2\), but the generator"),
        (
            lambda: (translator(), judge(shape=(4, 4, 2))),
            {},
            r"but the discriminator takes inputs of shape \(4, 4, 2\)",
        ),
        (lambda: (judge(classes=None), judge()), {}, r"must take 'labels'.*inputs \['images'\]"),
        (lambda: (translator(), judge()), {"labels": "both"}, r"`labels` must be one of 'domains', 'attributes'"),
        (lambda: (translator(), judge()), {"class_weight": -1}, r"`class_weight` must be .*Received: class_weight=-1"),
        (lambda: (translator(), judge()), {"reconstruction_weight": -1}, r"Received: reconstruction_weight=-1"),
        (lambda: (translator(), judge()), {"adversarial_loss": "hinge"}, r"one of `keras_gan.losses`.*'hinge'"),
    ],
)
def test_networks_and_options_that_do_not_fit(networks, options, message):
    with pytest.raises(ValueError, match=rf"(?s){message}"):
        keras_gan.StarGAN(*networks(), **options)


def test_other_losses_take_the_place_of_the_wasserstein_loss():
    for loss in (keras_gan.losses.LeastSquares(), keras_gan.losses.Relativistic()):
        model = make(adversarial_loss=loss)
        batch = {name: tf.constant(values) for name, values in data(4).items()}
        terms = model.test_terms(batch, StepNoise(tf.constant(0, tf.int64), tf.constant(0, tf.int64)))
        wanted = model.in_another_order(batch["labels"], StepNoise(*[tf.constant(0, tf.int64)] * 2))
        made = model.generator({"images": batch["images"], "labels": tf.one_hot(wanted, 3)})
        real, fake = (model.discriminator(images)["logits"] for images in (batch["images"], made))
        assert float(terms["generator"]["g_loss"]) == pytest.approx(float(loss.generator_loss(real, fake)), rel=1e-5)
        expected = float(loss.discriminator_loss(real, fake))
        assert float(terms["discriminator"]["d_loss"]) == pytest.approx(expected, rel=1e-5)
