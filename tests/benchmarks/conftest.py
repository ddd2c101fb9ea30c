"""The benchmarks are scripts: they find their private modules in their own folder."""

import gzip
import io
import itertools
import pathlib
import sys
import tarfile

import numpy as np
import pytest
import soundfile
from PIL import Image


def pytest_collection_modifyitems(items):
    """What tests a benchmark is for `make test-long`."""
    here = pathlib.Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.long)


@pytest.fixture(scope="package", autouse=True)
def _benchmarks_on_the_path():
    folder = str(pathlib.Path(__file__).parents[2] / "benchmarks")
    sys.path.insert(0, folder)
    yield
    sys.path.remove(folder)


@pytest.fixture
def write_noise():
    """The function that writes a folder of noise in place of MNIST: 80 images for training and 70 for tests."""

    def write(folder):
        rng = np.random.default_rng(0)
        folder.mkdir(exist_ok=True)
        for prefix, count in (("train", 80), ("t10k", 70)):
            arrays = {"images-idx3": rng.integers(256, size=(count, 28, 28)), "labels-idx1": np.arange(count) % 10}
            for name, array in arrays.items():
                header = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">i4").tobytes()
                content = gzip.compress(header + array.astype(np.uint8).tobytes())
                (folder / f"{prefix}-{name}-ubyte.gz").write_bytes(content)

    return write


@pytest.fixture(scope="session")
def write_facades():
    """The function that writes 406 pictures in place of the facades, each with a photograph next to its map."""

    def write(archive, picture):
        with tarfile.open(archive, "w:gz") as files:
            for number in range(406):
                content = io.BytesIO()
                Image.fromarray(picture(number)).save(content, "png")
                member = tarfile.TarInfo(f"facades/{number:03}.jpg")
                member.size = len(content.getvalue())
                files.addfile(member, io.BytesIO(content.getvalue()))
        return archive

    return write


@pytest.fixture(scope="session")
def write_speech(tmp_path_factory):
    """The function that writes tones in place of spoken digits: eight of each digit by each speaker."""

    def write(speakers):
        archive = tmp_path_factory.mktemp("speech") / "fsdd.tar.gz"
        time = np.arange(1200) / 8000
        with tarfile.open(archive, "w:gz") as files:
            for who, digit, index in itertools.product(range(len(speakers)), range(10), range(8)):
                tone = np.sin(2 * np.pi * (100 + 20 * digit + 5 * who) * time) * np.hanning(1200)
                content = io.BytesIO()
                soundfile.write(content, 0.1 * (index + 1) * tone, 8000, format="WAV")
                member = tarfile.TarInfo(f"recordings/{digit}_{speakers[who]}_{index}.wav")
                member.size = len(content.getvalue())
                files.addfile(member, io.BytesIO(content.getvalue()))
        return archive

    return write
