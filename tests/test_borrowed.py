"""What is borrowed of Keras's private names: each in one place, and as it was when it was borrowed."""

import ast
import functools
import inspect
from pathlib import Path

import keras
import pytest
import tensorflow as tf

from keras_gan._traversal import every_layer
from keras_gan.training import _optimizers

ROOT = Path(__file__).parents[1] / "keras_gan"
BORROWED = {
    "_flatten_layers": "_traversal.py",
    "_learning_rate": "training/_optimizers.py",
    "_clip_gradients": "training/_optimizers.py",
    "_use_weight_decay": "training/_optimizers.py",
    "_all_reduce_sum_gradients": "training/_optimizers.py",
    "_maybe_symbolic_build": "training/adversarial_model.py",
    "_moments": "layers/batch_normalization.py",
    "_reduction_axes": "layers/batch_normalization.py",
    "_get_variable_index": "training/_fused_updates.py",
    "_momentums": "training/_fused_updates.py",
    "_velocities": "training/_fused_updates.py",
    "_last_batch_seen": "callbacks/_checkpoint_state.py",
    "_batches_seen_since_last_saving": "callbacks/_checkpoint_state.py",
    "_global_train_batch": "callbacks/_checkpoint_state.py",
    "_global_test_batch": "callbacks/_checkpoint_state.py",
    "_pop_writer": "callbacks/tensorboard.py",
    "_prev_summary_state": "callbacks/tensorboard.py",
    "_train_writer": "callbacks/tensorboard.py",
    "_log_epoch_metrics": "callbacks/tensorboard.py",
    "_log_embeddings": "callbacks/tensorboard.py",
    "_log_weight_as_image": "callbacks/tensorboard.py",
    "_collect_learning_rate": "callbacks/tensorboard.py",
}


@functools.cache
def names_in(path):
    """The attributes, the methods and the strings of a module, a set."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Attribute):
            names.add(node.attr)
        elif isinstance(node, ast.FunctionDef):
            names.add(node.name)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            names.add(node.value)
    return names


@pytest.mark.parametrize("name", BORROWED)
def test_a_private_name_of_keras_stands_in_one_place(name):
    users = [str(path.relative_to(ROOT)) for path in ROOT.rglob("*.py") if name in names_in(path)]
    assert users == [BORROWED[name]]


def test_the_walk_finds_the_layers_that_a_custom_layer_holds():
    class Pair(keras.layers.Layer):
        def __init__(self):
            super().__init__()
            self.first, self.second = keras.layers.Dense(1), keras.layers.Dense(1)

        def call(self, inputs):
            return self.second(self.first(inputs))

    pair = Pair()
    assert {pair.first, pair.second} <= set(every_layer(keras.Sequential([keras.Input((2,)), pair])))


def test_the_learning_rate_is_a_variable_or_a_schedule():
    optimizer, schedule = keras.optimizers.Adam(0.5), keras.optimizers.schedules.CosineDecay(0.5, 10)
    _optimizers.learning_rate_of(optimizer).assign(0.25)
    assert float(optimizer.learning_rate) == 0.25
    assert _optimizers.learning_rate_of(keras.optimizers.Adam(schedule)) is schedule


def test_an_optimizer_clips_gradients_by_itself():
    optimizer = keras.optimizers.SGD(1.0, global_clipnorm=1.0)
    (clipped,) = optimizer._clip_gradients([tf.constant([3.0, 4.0])])
    assert clipped.numpy() == pytest.approx([0.6, 0.8])


def test_keras_still_builds_a_model_symbolically_before_training():
    assert "_maybe_symbolic_build" in inspect.getsource(keras.Model.train_on_batch)


def test_an_optimizer_sums_the_gradients_of_the_replicas_by_itself():
    summed = keras.optimizers.SGD()._all_reduce_sum_gradients([(tf.constant(1.0), None)])
    assert [(float(gradient), weight) for gradient, weight in summed] == [(1.0, None)]


def test_an_optimizer_tells_which_weights_it_decays():
    kernel, bias = keras.Variable([1.0], name="kernel"), keras.Variable([1.0], name="bias")
    optimizer = keras.optimizers.AdamW(weight_decay=0.1)
    assert _optimizers.undecayed(optimizer, [kernel, bias]) == []
    optimizer = keras.optimizers.AdamW(weight_decay=0.1)
    optimizer.exclude_from_weight_decay(var_names=["bias"])
    assert _optimizers.undecayed(optimizer, [kernel, bias]) == [1]
