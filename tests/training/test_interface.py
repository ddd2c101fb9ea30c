"""How networks are called, whatever their inputs and outputs look like."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_gan
from keras_gan.training import Interface

LATENTS = np.random.default_rng(0).normal(size=(5, 4)).astype("float32")
LABELS = np.array([2, 0, 1, 2, 1], "int32")
VALUES = {"latents": tf.constant(LATENTS), "labels": tf.constant(LABELS), "images": tf.zeros((5, 9))}
TAKES = ("latents", "labels")


def body(latents, one_hot):
    return keras.layers.Dense(6, name="painted")(keras.layers.Concatenate()([latents, one_hot]))


def functional(arrange, latents="latents", labels="labels"):
    """A network of latents and labels, arranged by a function of the two inputs."""
    inputs = keras.Input((4,), name=latents), keras.Input((), dtype="int32", name=labels)
    encoded = keras.layers.CategoryEncoding(3, "one_hot")(inputs[1])
    return keras.Model(arrange(*inputs), body(inputs[0], encoded))


def expected(network):
    kernel, bias = network.get_layer("painted").get_weights()
    return np.concatenate([LATENTS, np.eye(3, dtype="float32")[LABELS]], axis=1) @ kernel + bias


@pytest.mark.parametrize(
    "network",
    [
        lambda: functional(lambda z, c: [z, c]),
        lambda: functional(lambda z, c: [c, z]),
        lambda: functional(lambda z, c: [z, c], latents="noise"),
        lambda: functional(lambda z, c: [c, z], latents="noise"),
        lambda: functional(lambda z, c: {"latents": z, "labels": c}),
        lambda: functional(lambda z, c: {"labels": c, "latents": z}),
        lambda: functional(lambda z, c: {"z": z, "labels": c}, latents="z"),
    ],
)
def test_latents_and_labels_find_their_inputs(network):
    network = network()
    interface = Interface(network, "generator", TAKES, "images")
    assert interface.shapes == {"latents": (4,), "labels": ()}
    assert interface.outputs == {"images": (6,)}
    assert interface.num_classes == 3
    np.testing.assert_allclose(interface(VALUES)["images"], expected(network), atol=1e-6)


def test_a_single_input_is_the_main_one_whatever_its_name():
    network = keras.Sequential([keras.Input((4,), name="labels"), keras.layers.Dense(2)])
    interface = Interface(network, "generator", TAKES, "images")
    assert interface.shapes == {"latents": (4,)}
    np.testing.assert_allclose(interface(VALUES)["images"], network(LATENTS), atol=1e-6)
    assert interface.num_classes is None


@pytest.mark.parametrize("shape, given", [((), LABELS), ((1,), LABELS[:, None]), ((3,), np.eye(3)[LABELS])])
def test_labels_come_as_the_input_has_room_for_them(shape, given):
    """As indices, as a column, or as one-hot rows."""
    latents, labels = keras.Input((4,), name="latents"), keras.Input(shape, name="labels")
    flat = keras.layers.Reshape((1,))(labels) if shape == () else labels
    network = keras.Model([latents, labels], body(latents, flat))
    interface = Interface(network, "generator", TAKES, "images")
    found = interface(VALUES)["images"]
    np.testing.assert_allclose(found, network([LATENTS, given.astype("float32")]), atol=1e-6)
    assert interface.num_classes == (3 if shape == (3,) else None)


@pytest.mark.parametrize(
    "encode", [keras.layers.Embedding(7, 2), keras.layers.CategoryEncoding(7, "one_hot")], ids=["embedding", "encoding"]
)
def test_the_number_of_classes_is_read_from_what_takes_the_labels(encode):
    inputs = keras.Input((4,), name="latents"), keras.Input((), dtype="int32", name="labels")
    network = keras.Model(list(inputs), body(inputs[0], encode(inputs[1])))
    assert Interface(network, "generator", TAKES, "images").num_classes == 7


def test_two_sizes_of_embeddings_say_nothing():
    inputs = keras.Input((4,), name="latents"), keras.Input((), dtype="int32", name="labels")
    both = keras.layers.Concatenate()([keras.layers.Embedding(n, 2)(inputs[1]) for n in (3, 4)])
    network = keras.Model(list(inputs), keras.layers.Reshape((2, 3, 1))(body(inputs[0], both)))
    assert Interface(network, "generator", TAKES, "images").num_classes is None
    judge = keras.Sequential([keras.Input((2, 3, 1)), keras.layers.Flatten(), keras.layers.Dense(1)])
    with pytest.raises(ValueError, match=r"The networks do not show how many classes.*Received: num_classes=None"):
        keras_gan.LSGAN(network, judge)
    assert keras_gan.LSGAN(network, judge, num_classes=3).num_classes == 3


class Subclassed(keras.Model):
    def __init__(self):
        super().__init__()
        self.painted = keras.layers.Dense(6, name="painted")

    def call(self, inputs):
        latents, labels = (inputs["latents"], inputs["labels"]) if isinstance(inputs, dict) else inputs
        return self.painted(keras.ops.concatenate([latents, keras.ops.one_hot(labels, 3)], axis=-1))


@pytest.mark.parametrize("arrange", [lambda z, c: {"latents": z, "labels": c}, lambda z, c: [z, c]])
def test_subclassed_networks(arrange):
    network = Subclassed()
    network(arrange(LATENTS, LABELS))
    interface = Interface(network, "generator", TAKES, "images")
    assert interface.shapes == {"latents": (4,), "labels": ()}
    np.testing.assert_allclose(interface(VALUES)["images"], expected(network), atol=1e-6)


def test_a_subclassed_network_that_was_not_called():
    with pytest.raises(ValueError, match=r"input shape of the generator is not known.*Received: generator=<Subclassed"):
        Interface(Subclassed(), "generator", TAKES, "images")


def test_a_list_of_outputs_has_the_names_of_its_layers():
    images = keras.Input((9,))
    heads = [keras.layers.Dense(1, name="verdict")(images), keras.layers.Dense(3, name="classes")(images)]
    network = keras.Model(images, heads)
    interface = Interface(network, "discriminator", ("images", "labels"), "logits")
    assert interface.outputs == {"logits": (1,), "classes": (3,)}
    found = interface(VALUES)
    for name, value in zip(("logits", "classes"), network(VALUES["images"]), strict=True):
        np.testing.assert_array_equal(found[name], value)


@pytest.mark.parametrize("names", [["b_first", "a_second"], ["a_first", "b_second"]])
def test_a_dict_of_outputs_keeps_its_names(names):
    images = keras.Input((9,))
    heads = {name: keras.layers.Dense(units)(images) for units, name in enumerate(names, start=1)}
    interface = Interface(keras.Model(images, heads), "discriminator", ("images",), "logits")
    assert interface.outputs == {names[0]: (1,), names[1]: (2,)}


def test_a_copy_is_called_in_place_of_the_network():
    network, copy = (functional(lambda z, c: [z, c]) for _ in range(2))
    interface = Interface(network, "generator", TAKES, "images")
    np.testing.assert_allclose(interface(VALUES, network=copy)["images"], expected(copy), atol=1e-6)


def test_inputs_of_unknown_names():
    network = functional(lambda z, c: [z, c], latents="noise", labels="kind")
    with pytest.raises(
        ValueError, match=r"names: latents, labels.*name='latents'.*Received: generator with inputs.*'noise', 'kind'"
    ):
        Interface(network, "generator", TAKES, "images")
