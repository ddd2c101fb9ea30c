"""The client of a server of a translator: the pictures of files come back translated, under their names."""

import re
from pathlib import Path

import keras
import numpy as np
import pytest
from absl import flags
from absl.testing import flagsaver
from PIL import Image

import keras_gan

PIXELS = np.random.default_rng(0).integers(0, 256, (5, 8, 12, 3), "uint8")


@pytest.fixture(scope="module")
def script(load_command):
    """The module."""
    return load_command("serve_client")


@pytest.fixture(scope="module")
def model():
    """A translator of pictures of any size."""
    keras.utils.set_random_seed(0)
    shape = {"image_shape": (None, None, 3), "width": 2}
    judge = keras_gan.networks.patch_discriminator(**shape, source_channels=3, layers=1)
    return keras_gan.Pix2Pix(keras_gan.networks.resnet_translator(**shape, blocks=1), judge)


@pytest.fixture(scope="module")
def server(model, load_script, tmp_path_factory):
    """A server of the translator as "night", and of a GAN, which takes no pictures, as "digits"."""
    folder = tmp_path_factory.mktemp("models")
    keras_gan.export.save(model, folder / "night", max_count=4)
    networks = keras_gan.networks.mlp(image_shape=(4, 4, 1), latent_dim=5, width=8)
    keras_gan.export.save(keras_gan.LSGAN(*networks), folder / "digits")
    serving = load_script("tests", "serving_server.py").ServingServer
    with serving({name: folder / name for name in ("night", "digits")}) as running:
        yield running


@pytest.fixture
def folder(tmp_path):
    """A folder of five pictures and a note; one picture is in a folder inside it."""
    root = tmp_path / "photos"
    (root / "more").mkdir(parents=True)
    for place, pixels in enumerate(PIXELS):
        Image.fromarray(pixels).save(root / ("more/4.PNG" if place == 4 else f"{place}.png"))
    (root / "notes.txt").write_text("of last summer")
    (root / ".hidden.png").write_text("")
    return root


@pytest.fixture
def ask(script, server, tmp_path):
    """The function that runs the script with flags."""

    def run(*arguments, protocol="rest"):
        port = server.rest_port if protocol == "rest" else server.grpc_port
        at = [f"--protocol={protocol}", "--host=127.0.0.1", f"--port={port}", f"--out={tmp_path / 'out'}"]
        with flagsaver.flagsaver():
            script.main(flags.FLAGS(["keras_gan serve-client", "--model=night", *at, *arguments]))

    return run


@pytest.fixture
def error(ask, tmp_path):
    """The function that returns the one line in which the script ends."""

    def run(*arguments, **options):
        with pytest.raises(SystemExit) as stop:
            ask(*arguments, **options)
        assert stop.value.code.startswith("Error: ")
        assert "\n" not in stop.value.code
        assert not list((tmp_path / "out").glob("*"))
        return stop.value.code

    return run


def pixels_in(path):
    with Image.open(path) as picture:
        return np.asarray(picture)


@pytest.mark.parametrize("protocol", ["rest", "grpc"])
def test_the_pictures_come_back_translated_under_their_names(ask, model, folder, tmp_path, capsys, protocol):
    ask(f"--pictures={folder}", "--batch=2", protocol=protocol)
    assert capsys.readouterr().out == (
        "1 file that does not end in .png, .jpg or .jpeg is left out\n" + f"5 pictures: {tmp_path / 'out'}\n"
    )
    names = ["0.png", "1.png", "2.png", "3.png", "more/4.png"]
    out = tmp_path / "out"
    assert sorted(str(path.relative_to(out)) for path in out.rglob("*") if path.is_file()) == names
    made = np.stack([pixels_in(out / name) for name in names])
    expected = 127.5 * model.translate(PIXELS / np.float32(127.5) - 1) + 127.5
    np.testing.assert_allclose(made, expected, rtol=0, atol=0.51)


def test_pictures_of_several_sizes_and_of_jpeg_are_named_one_by_one(ask, folder, tmp_path):
    Image.fromarray(PIXELS[0][:4]).convert("L").save(tmp_path / "grey.JPG")
    ask(f"--pictures={folder / '1.png'},{tmp_path / 'grey.JPG'}")
    shapes = {path.name: pixels_in(path).shape for path in (tmp_path / "out").iterdir()}
    assert shapes == {"1.png": (8, 12, 3), "grey.png": (4, 12, 3)}


def test_the_bytes_arrive_as_they_are(script, server, monkeypatch):
    sent = []
    monkeypatch.setattr(script.serving_clients.RestClient, "_ask", lambda client, *request: sent.append(request) or {})
    client = script.serving_clients.connect("rest", "127.0.0.1", server.rest_port, "night")
    with pytest.raises(script.serving_answers.ServingError):
        client.predict("translate_png", {"image_bytes": [b"zeros\0\0", b""]})
    assert '{"image_bytes": [{"b64": "emVyb3MAAA=="}, {"b64": ""}]}' in sent[0][2]


def test_pictures_measure_a_server_too(ask, folder, tmp_path, capsys):
    ask(f"--pictures={folder}", "--benchmark", "--requests=6", "--clients=2", "--batch=3")
    assert "6 requests for 3 images each (translate_png, rest) from 2 clients" in capsys.readouterr().out
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "arguments, message",
    [
        ([], r"'night' changes pictures \(translate_png\): give files or folders with --pictures"),
        (["--signature=translate_png"], r"'night' changes pictures \(translate_png\): give files or folders"),
        (["--pictures=FOLDER", "--count=3"], r"--count is for a model that draws.* Received: --count=3"),
        (["--pictures=FOLDER", "--seed=3"], r"--seed is for a model that draws.* Received: --seed=3"),
        (["--pictures=FOLDER/missing"], r"There is no such file or folder. Received: --pictures=.*missing$"),
        (["--pictures=FOLDER/empty"], r"There is no picture here, a file that ends in .png, .jpg or .jpeg. Received:"),
        (["--pictures=FOLDER/notes.txt"], r"takes PNG and JPEG files, and this is neither. Received: .*notes.txt$"),
        (["--pictures=FOLDER", "--model=digits"], r"'digits' takes no files of pictures: leave --pictures out"),
        (
            ["--pictures=FOLDER", "--signature=serving_default"],
            r"This signature takes no files of pictures: .*, or give --signature=translate_png. Received:",
        ),
        (["--pictures=FOLDER", "--labels=1"], r"'night' takes no labels: leave them out"),
        (
            ["--pictures=FOLDER", "--batch=5"],
            r"One request may hold up to 4 files.* \(It was sent .*0.png to .*4.PNG; --batch=1 tells which\)",
        ),
        (["--pictures=FOLDER/0.png,FOLDER/more/0.jpg"], r"would have one name: .* Received: .*0.png and .*0.jpg"),
        (["--pictures=FOLDER", "--out=FOLDER"], r"would be written over a picture: choose another folder"),
    ],
)
def test_what_is_wrong_is_one_line(error, folder, arguments, message):
    (folder / "empty").mkdir()
    if any("0.jpg" in argument for argument in arguments):
        (folder / "more" / "0.jpg").touch()
    given = [argument.replace("FOLDER", str(folder)) for argument in arguments]
    assert re.search(message, error(*given))
    assert sorted(path.name for path in folder.glob("*.png")) == [".hidden.png", "0.png", "1.png", "2.png", "3.png"]


@pytest.mark.parametrize("protocol", ["rest", "grpc"])
def test_a_picture_that_is_damaged_is_named(error, folder, protocol):
    damaged = folder / "2.png"
    damaged.write_bytes(damaged.read_bytes()[:60])
    message = error(f"--pictures={damaged}", protocol=protocol)
    assert "The server refused the request" in message
    assert message.endswith(f"(It was sent {damaged})")


def test_a_file_that_is_too_large_is_not_read(script, folder, monkeypatch):
    monkeypatch.setattr(script.serving_answers, "MAX_BYTES", 2**10)
    (picture,), _ = script.serving_files.find([str(folder / "1.png")], Path("out"))
    (folder / "1.png").write_bytes(bytes(2**11))
    with pytest.raises(ValueError, match=r"A file may have up to 0 MiB"):
        picture.read()
