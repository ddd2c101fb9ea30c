"""The benchmark of serving: that it measures what it says, and its tables."""

import re
import types

import numpy as np
import pytest
from absl import flags
from absl.testing import flagsaver

TINY = [
    "--width=2",
    "--image_size=8",
    "--batches=1,3",
    "--calls=2",
    "--load_requests=12",
    "--load_clients=2",
    "--protocol=grpc",
]


@pytest.fixture(scope="module")
def benchmark(load_script):
    """The script as a module."""
    return load_script("benchmarks", "serving.py")


@pytest.mark.long
def test_at_its_smallest_it_prints_both_tables_and_loses_nothing(benchmark, capfd):
    with flagsaver.flagsaver():
        benchmark.main(flags.FLAGS(["serving.py", *TINY]))
    lines = capfd.readouterr().out.splitlines()
    speed, load = lines[: lines.index("")], lines[lines.index("") + 1 :]
    assert speed[0] == benchmark.SPEED_HEADER
    contenders = ("gan.generator(latents)", "the same in a tf.function", "SavedModel", "SavedModel, XLA")
    assert [line.split(" | ")[:2] for line in speed[2:]] == [
        [f"| {batch}", name] for batch in (1, 3) for name in contenders
    ]
    assert load[0] == benchmark.LOAD_HEADER
    (row,) = load[2:]
    assert re.fullmatch(r"\| grpc \| 12 \| 0 \|( [\d.]+ \|){7}", row)
    start, _, end = (int(cell) for cell in row.split("|")[-4:-1])
    # TensorFlow alone takes more than 100 MiB.
    assert 100 < start <= end + 5
    for table in (speed, load):
        assert len({line.count("|") for line in table}) == 1


def test_contenders_take_turns_and_the_first_calls_are_not_counted(benchmark):
    called = []
    functions = {name: lambda latents, name=name: called.append(name) for name in "ab"}
    seconds = benchmark.take_turns(functions, np.zeros(1), calls=3)
    assert called == [*"aabb", *"ababab"]
    assert {name: len(times) for name, times in seconds.items()} == {"a": 3, "b": 3}


def test_the_table_of_speed_compares_medians(benchmark):
    lines = list(benchmark.speed_rows(8, {benchmark.DIRECT: [0.01, 0.02, 0.09], "SavedModel": [0.016] * 3}))
    assert lines == [
        "| 8 | gan.generator(latents) | 400 | 20.0 | 83.0 | 88.6 | 1.00 |",
        "| 8 | SavedModel | 500 | 16.0 | 16.0 | 16.0 | 1.25 |",
    ]


def test_other_images_are_not_compared(benchmark):
    functions = {benchmark.DIRECT: lambda latents: latents, "SavedModel": lambda latents: latents + 0.5}
    with pytest.raises(SystemExit, match=r"The images of SavedModel are 0.5 from those of gan.generator"):
        benchmark.require_equal_images(functions, np.zeros(3))


def test_the_table_of_the_load_adds_up_what_was_lost(benchmark):
    loads = [
        types.SimpleNamespace(latencies=[0.5] * 9, errors=["busy"], images_per_second=1.0),
        types.SimpleNamespace(latencies=[0.1] * 1000, errors=["busy"] * 2, images_per_second=80.0),
    ]
    row = benchmark.load_row("grpc", loads, [2**20 * size for size in (300, 310, 311)])
    assert row == "| grpc | 1,012 | 3 | 80 | 100.0 | 100.0 | 100.0 | 300 | 310 | 311 |"
    assert row.count("|") == benchmark.LOAD_HEADER.count("|")


def test_a_server_that_cannot_start_is_told(benchmark, monkeypatch, tmp_path):
    monkeypatch.setattr(benchmark, "SERVER", tmp_path / "no_server.py")
    with pytest.raises(SystemExit, match="The server has not started"):
        benchmark.Server(tmp_path / "no_model")
