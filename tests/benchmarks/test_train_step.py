"""The benchmark of the training step: what it counts, what it compares, and what it prints."""

import dataclasses
import importlib
import json
import pathlib
import subprocess
import sys
import types

import keras
import numpy as np
import pytest

TINY = {"generator_width": 2, "discriminator_width": 2, "latent_dim": 3, "image_size": 16, "batch_size": 2}


@pytest.fixture(scope="module")
def benchmark(load_script):
    """The script as a module."""
    return load_script("benchmarks", "train_step.py")


@pytest.fixture(scope="module")
def cases():
    """The cases, at full size and tiny."""
    module = importlib.import_module("_cases")
    tiny = {name: dataclasses.replace(case, **TINY) for name, case in module.CASES.items()}
    # The smallest picture with patches.
    tiny["cyclegan"] = dataclasses.replace(tiny["cyclegan"], image_size=32)
    return types.SimpleNamespace(module=module, full=module.CASES, tiny=tiny)


def test_multiply_adds_of_each_kind_of_layer():
    forward = importlib.import_module("_flops").forward
    resampling = importlib.import_module("keras_gan.networks._resampling_convolutions")
    layers = keras.layers
    network = keras.Sequential(
        [
            keras.Input((8, 6, 3)),
            layers.Conv2D(5, 4, strides=2, padding="same"),
            layers.BatchNormalization(),
            layers.Conv2DTranspose(2, 4, strides=2, padding="same"),
            resampling.DownsamplingConv2D(7, 3, padding="same"),
            resampling.UpsamplingConv2D(1, 3, padding="same"),
            layers.Flatten(),
            layers.Dense(10),
        ]
    )
    small = 4 * 3
    counts = [small * 16 * 3 * 5, small * 16 * 5 * 2, small * 16 * 2 * 7, small * 16 * 7 * 1, 48 * 10]
    assert forward(network) == (sum(counts), counts[0])


def test_multiply_adds_of_the_published_discriminator(cases):
    # SNGAN's, by hand: blocks at 32, 16, 8 and 8 pixels; a pooled convolution has 16 taps at half the side.
    width = 128
    by_hand = [
        32**2 * 9 * 3 * width + 16**2 * (16 * width**2 + 3 * width),
        16**2 * 9 * width**2 + 8**2 * (16 * width**2 + width**2),
        2 * 8**2 * 2 * 9 * width**2,
        width,
    ]
    discriminator = importlib.import_module("_keras_nets").build(cases.full["sn_resnet"])[1]
    counted = importlib.import_module("_flops").forward(discriminator)
    assert counted.total == sum(by_hand)
    assert counted.first == 32**2 * 9 * 3 * width


def test_operations_of_a_step_by_hand(cases):
    forward = cases.module.Forward
    generator, discriminator = forward(100, 10), forward(1000, 1)
    case = dataclasses.replace(cases.full["dcgan"], batch_size=2)
    # Generator: forward, two backward but for the first layer's input. Discriminator: three passes forward, of which
    # two with both gradients but for the images', one with the gradient of the input alone.
    assert cases.module.step_flops(case, generator, discriminator) == 4 * (3 * 100 - 10 + 8 * 1000 - 2 * 1)
    case = dataclasses.replace(cases.full["wgan_gp"], batch_size=2)
    expected = 4 * (5 * (100 + 10 * 1000 - 2) + 2 * 100 - 10 + 2 * 1000)
    assert cases.module.step_flops(case, generator, discriminator) == expected
    case = dataclasses.replace(cases.full["cyclegan"], batch_size=2)
    # Of each translator three passes, all with the gradient of the weights, one with that of its input.
    translator = 3 * 100 + 3 * 100 + (3 * 100 - 2 * 10)
    expected = 4 * 2 * (translator + 2 * 1000 + 6 * 1000 - 2 * 1)
    assert cases.module.step_flops(case, generator, discriminator) == expected


@pytest.mark.long
@pytest.mark.parametrize("name", ["dcgan", "sn_resnet", "cyclegan"])
def test_stock_layers_make_the_same_functions(name, cases):
    nets = importlib.import_module("_keras_nets")
    for network in nets.build(cases.tiny[name]):
        stock = nets.with_stock_layers(network)
        # Keras has no reflection padding.
        own = {type(layer).__name__ for layer in stock._flatten_layers() if "keras_gan" in type(layer).__module__}
        assert own <= {"ReflectionPadding2D"}
        x = np.random.default_rng(0).normal(size=(2, *network.input_shape[1:])).astype("float32")
        _copy_weights(network, stock)
        np.testing.assert_allclose(stock(x), network(x), rtol=1e-4, atol=1e-5)


def _copy_weights(network, stock):
    """Give the stock network the effective weights of the other: stock normalisation divides only in training."""
    for source in network.layers:
        target = stock.get_layer(source.name)
        if hasattr(source, "normalized_kernel"):
            values = [np.asarray(source.normalized_kernel())]
            values += [np.asarray(variable) for variable in source.layer.weights[1:]]
        else:
            values = source.get_weights()
        for variable, value in zip(target.weights, values, strict=False):
            variable.assign(np.reshape(value, variable.shape))


@pytest.mark.long
@pytest.mark.parametrize("kind", ["Ours", "Textbook", "ExactPenalties", "ApproximatePenalties"])
@pytest.mark.parametrize("name", ["dcgan", "wgan_gp", "sn_resnet"])
def test_the_keras_contenders_train_both_players(kind, name, cases):
    case = dataclasses.replace(cases.tiny[name], discriminator_steps=min(2, cases.tiny[name].discriminator_steps))
    contender = getattr(importlib.import_module("_keras_contenders"), kind)(case, bfloat16=False, jit_compile=False)
    players = (contender.gan.generator, contender.gan.discriminator)
    # A critic's last bias shifts both of its means equally, so it has no gradient.
    kernels = [[v for v in player.trainable_variables if v.name == "kernel"] for player in players]
    before = [[np.asarray(kernel) for kernel in of_player] for of_player in kernels]
    seconds = contender.run(2)
    assert len(seconds) == 2
    assert min(seconds) > 0
    for of_player, values in zip(kernels, before, strict=True):
        assert all(np.any(np.asarray(kernel) != old) for kernel, old in zip(of_player, values, strict=True))


@pytest.mark.long
@pytest.mark.parametrize("kind", ["Ours", "Textbook"])
def test_the_keras_contenders_train_all_networks_of_a_cyclegan(kind, cases):
    contender = getattr(importlib.import_module("_keras_contenders"), kind)(cases.tiny["cyclegan"], False, False)
    kernels = [v for v in contender.gan.trainable_variables if v.name == "kernel"]
    before = [np.asarray(kernel) for kernel in kernels]
    assert len(contender.run(2)) == 2
    assert all(np.any(np.asarray(kernel) != old) for kernel, old in zip(kernels, before, strict=True))


@pytest.mark.parametrize("name", ["dcgan", "wgan_gp", "sn_resnet", "cyclegan"])
def test_pytorch_trains_as_many_parameters(name, cases):
    pytest.importorskip("torch", reason="PyTorch is optional")
    make = importlib.import_module("_torch_contender").contender_of
    contender = make(cases.tiny[name], bfloat16=False, jit_compile=False)
    networks = importlib.import_module("_keras_nets").build(cases.tiny[name])
    keras_counts = [sum(int(np.prod(v.shape)) for v in network.trainable_variables) for network in networks]
    assert contender.parameters == keras_counts
    assert len(contender.run(1)) == 1


@pytest.mark.long
def test_a_worker_answers_line_by_line(cases):
    worker = pathlib.Path(importlib.import_module("_cases").__file__).with_name("_worker.py")
    job = {"contender": "textbook", "case": dataclasses.asdict(cases.tiny["dcgan"])}
    lines = [{**job, "bfloat16": False, "jit_compile": False}, {"steps": 3}, {"peak": 8, "bfloat16": False}]
    asked = "".join(json.dumps(line) + "\n" for line in lines)
    process = subprocess.run([sys.executable, worker], input=asked, capture_output=True, text=True, check=True)
    report, turn, product = (json.loads(line) for line in process.stdout.splitlines())
    assert report["first_step"] > 0
    assert report["flops_per_step"] > 0
    assert len(turn["seconds"]) == 3
    assert turn["bytes"] > 0
    assert product["flops_per_second"] > 0


def measured(name, seconds, parameters=(1, 2)):
    report = {"first_step": 4.25, "parameters": list(parameters)}
    return types.SimpleNamespace(name=name, seconds=seconds, report=report, peak_bytes=3 * 2**20)


def test_the_table(benchmark):
    worker = measured("keras_gan", [0.5, 0.1, 0.2, 0.3, 0.4, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1])
    # 60 GFLOP in 0.6 s is 100 GFLOP a second, of 400.
    row = benchmark.row(worker, images_per_step=300, flops_per_step=60e9, peak=400e9)
    assert row == "| keras_gan | 600 | 200 to 1000 | 500 | 2.00 | 3 | 4.2 | 25% |"
    assert row.count("|") == benchmark.HEADER.count("|")


def test_the_ratios_are_of_medians_and_of_like_with_like(benchmark):
    workers = [measured("keras_gan", [1.0, 2.0, 9.0]), measured("textbook", [3.0]), measured("textbook_xla", [1.0])]
    assert benchmark.ratios(workers) == "keras_gan is 1.50 times as fast as textbook."
    assert benchmark.ratios(workers[:1]) == ""


def test_contenders_of_different_sizes_are_not_compared(benchmark):
    workers = [measured("keras_gan", [1.0]), measured("pytorch", [1.0], parameters=(1, 3))]
    with pytest.raises(SystemExit, match=r"keras_gan trains \[1, 2\] parameters, pytorch \[1, 3\]"):
        benchmark.require_equal_parameters(workers)
