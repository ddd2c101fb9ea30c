"""The client of a server: the pictures that come over either protocol are those of the GAN."""

import functools
import http.server
import json
import re
import socket
import subprocess
import sys
import threading
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from absl import flags
from absl.testing import flagsaver
from PIL import Image

import keras_gan
from keras_gan import _random

SCRIPT = Path(__file__).parents[2] / "examples" / "serve_client.py"
PROTOCOLS = ("rest", "grpc")


@pytest.fixture(scope="module")
def script(load_command):
    """The module."""
    return load_command("serve_client")


@pytest.fixture(scope="module")
def gan():
    """A GAN of RGB images that are higher than wide."""
    keras.utils.set_random_seed(0)
    return keras_gan.LSGAN(*keras_gan.networks.mlp(image_shape=(6, 4, 3), latent_dim=5, width=32))


@pytest.fixture(scope="module")
def class_gan():
    """A GAN of grey images of three classes."""
    networks = keras_gan.networks.mlp(image_shape=(4, 4, 1), latent_dim=5, width=8, num_classes=3)
    return keras_gan.LSGAN(*networks)


@pytest.fixture(scope="module")
def server(gan, class_gan, load_script, tmp_path_factory):
    """A server of these GANs as "rgb" and "classes", and of one whose images have two channels as "two_channels"."""
    folder = tmp_path_factory.mktemp("models")
    keras_gan.export.save(gan, folder / "rgb", max_count=96)
    keras_gan.export.save(class_gan, folder / "classes")
    networks = keras_gan.networks.mlp(image_shape=(4, 4, 2), latent_dim=5, width=8)
    keras_gan.export.save(keras_gan.LSGAN(*networks), folder / "two_channels")
    serving = load_script("tests", "serving_server.py").ServingServer
    with serving({name: folder / name for name in ("rgb", "classes", "two_channels")}) as running:
        yield running


@pytest.fixture
def ask(script, server):
    """The function that runs the script with flags."""

    def run(*arguments, protocol="rest"):
        port = server.rest_port if protocol == "rest" else server.grpc_port
        given = ["--model=rgb", f"--protocol={protocol}", "--host=127.0.0.1", f"--port={port}", *arguments]
        with flagsaver.flagsaver():
            script.main(flags.FLAGS([str(SCRIPT), *given]))

    return run


@pytest.fixture
def error(ask, tmp_path):
    """The function that returns the one line in which the script ends."""

    def run(*arguments, **options):
        with pytest.raises(SystemExit) as stop:
            ask(f"--out={tmp_path / 'out'}", *arguments, **options)
        assert stop.value.code.startswith("Error: ")
        assert "\n" not in stop.value.code
        assert not list((tmp_path / "out").glob("*"))
        return stop.value.code

    return run


@pytest.fixture
def client(script, server, request):
    """A client of the protocol that the test is parametrised with."""
    port = server.rest_port if request.param == "rest" else server.grpc_port
    connected = script.serving_clients.connect(request.param, "127.0.0.1", port, "rgb")
    yield connected
    connected.close()


over_both = pytest.mark.parametrize("client", PROTOCOLS, indirect=True)


def pixels_of(images):
    return np.floor(127.5 * images + 128.0).astype("uint8")


def pixels_in(folder):
    return np.stack([np.asarray(Image.open(path)) for path in sorted(folder.iterdir())])


def one_thread_server(answer):
    """An HTTP server that gives one answer to everything."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *arguments):
            pass

    return http.server.HTTPServer(("127.0.0.1", 0), Handler)


@pytest.mark.parametrize("signature", ["sample_png", "sample"])
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_the_pictures_are_those_of_the_gan(ask, gan, tmp_path, capsys, protocol, signature):
    ask("--count=7", "--seed=3", f"--signature={signature}", f"--out={tmp_path / 'out'}", protocol=protocol)
    np.testing.assert_array_equal(pixels_in(tmp_path / "out"), pixels_of(gan.generate(7, seed=3)))
    assert capsys.readouterr().out == f"7 pictures: {tmp_path / 'out'}\n"


def test_many_pictures_come_in_several_requests_with_seeds_of_their_own(ask, gan, tmp_path):
    # More than the 96 that the server gives at once.
    ask("--count=150", "--seed=3", f"--out={tmp_path}")
    latents = [_random.normal((count, 5), (3 + number * 2**31, 0)) for number, count in enumerate([64, 64, 22])]
    pixels = pixels_in(tmp_path)
    np.testing.assert_array_equal(pixels, np.concatenate([pixels_of(gan.generate(latents=z)) for z in latents]))
    assert len(np.unique(pixels, axis=0)) == 150


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_pictures_of_latents_that_the_client_draws(ask, gan, tmp_path, protocol):
    ask("--signature=serving_default", "--count=3", "--seed=9", f"--out={tmp_path}", protocol=protocol)
    latents = np.random.default_rng(9).standard_normal((3, 5), "float32")
    np.testing.assert_array_equal(pixels_in(tmp_path), pixels_of(gan.generate(latents=latents)))


@over_both
def test_latents_give_the_images_of_the_generator(client, gan):
    latents = np.random.default_rng(0).standard_normal((4, 5), "float32")
    images = client.predict("serving_default", {"latents": latents})
    assert images.dtype == "float32"
    np.testing.assert_array_equal(images, gan.generate(latents=latents))


@over_both
def test_the_metadata_list_the_signatures(client):
    scalars = {"seed": (), "count": ()}
    assert client.signatures() == {"serving_default": {"latents": (None, 5)}, "sample": scalars, "sample_png": scalars}


@pytest.mark.parametrize("channels", [1, 3])
def test_a_picture_has_the_nearest_of_256_levels(script, tmp_path, channels):
    image = np.linspace(-1.2, 1.2, 5 * 2 * channels, dtype="float32").reshape(5, 2, channels)
    decoded = tf.io.decode_png(script.png(image)).numpy()
    np.testing.assert_allclose(decoded, np.clip(127.5 * (image + 1), 0, 255), atol=0.50001)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_the_benchmark_loses_nothing(ask, capsys, tmp_path, monkeypatch, protocol):
    monkeypatch.chdir(tmp_path)
    ask("--benchmark", "--requests=50", "--clients=8", "--batch=3", protocol=protocol)
    first, latency, rate, failures = capsys.readouterr().out.splitlines()
    assert first.startswith(f"50 requests for 3 images each (sample_png, {protocol}) from 8 clients, ")
    values = [float(word) for word in latency.split() if word[0].isdigit()]
    assert len(values) == 3
    assert 0 < values[0] <= values[1] <= values[2]
    assert float(rate.removeprefix("images a second: ")) > 0
    assert failures == "failures: 0"
    assert not list(tmp_path.iterdir())


class Stumbling:
    """A client that gives an error, or an image too few, for some of the numbers that it is asked for."""

    asked = ()

    def __init__(self, script):
        self._error = script.serving_answers.ServingError

    def ask(self, number):
        type(self).asked += (number,)
        if number % 10 == 3:
            raise self._error("busy")
        return [b""] * (1 if number % 10 == 7 else 2)

    def close(self):
        pass


def test_what_is_lost_is_counted(script):
    load = script.serving_load.run(
        functools.partial(Stumbling, script), lambda client, number: client.ask(number), requests=40, clients=3, batch=2
    )
    # Each client asks once to warm up.
    assert sorted(Stumbling.asked) == [0, 0, 0, *range(40)]
    assert len(load.latencies) == 32
    assert sorted(load.errors) == ["Expected 2 images. Received: 1"] * 4 + ["busy"] * 4
    assert load.images_per_second == pytest.approx(64 / load.seconds)


def test_percentiles_are_in_milliseconds(script):
    load = script.serving_load.Load([value / 1000 for value in range(101)], [], 1.0, 1)
    assert load.percentiles() == pytest.approx([50, 95, 99])


def test_a_benchmark_with_losses_ends_in_an_error(script, monkeypatch, error, capsys):
    lossy = script.serving_load.Load([0.001] * 9, ["busy"], 1.0, 64)
    monkeypatch.setattr(script.serving_load, "run", lambda *arguments, **options: lossy)
    message = error("--benchmark", "--requests=10")
    assert message == "Error: 1 of 10 requests were not answered. The first: busy"
    assert "failures: 1" in capsys.readouterr().out


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("arguments", [[], ["--benchmark"]])
def test_a_server_that_is_not_there(error, protocol, arguments):
    with socket.socket() as unused:
        # Bound, and not listened on.
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        message = error(*arguments, f"--port={port}", protocol=protocol)
    assert message.startswith(f"Error: No answer over {protocol} from 127.0.0.1:{port} (")
    assert "are 8501 for REST and 8500 for gRPC" in message


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_the_port_of_the_other_protocol(error, server, protocol):
    other = server.grpc_port if protocol == "rest" else server.rest_port
    assert f"No answer over {protocol} from 127.0.0.1:{other}" in error(f"--port={other}", protocol=protocol)


@pytest.mark.parametrize("answer", [b"<html>", b"[]", json.dumps({"metadata": {}}).encode()])
def test_something_else_that_listens(error, answer):
    with one_thread_server(answer) as stranger:
        thread = threading.Thread(target=stranger.handle_request)
        thread.start()
        message = error(f"--port={stranger.server_port}")
        thread.join()
    assert "does not speak the REST of TensorFlow Serving" in message


def test_too_large_an_answer_over_grpc(script, error, monkeypatch):
    monkeypatch.setattr(script.serving_answers, "MAX_BYTES", 2000)
    # The metadata are larger than that, too.
    takes = {"sample": {"seed": (), "count": ()}}
    monkeypatch.setattr(script.serving_clients.GrpcClient, "signatures", lambda client: takes)
    assert "ask for fewer pictures at once" in error("--signature=sample", "--count=60", protocol="grpc")


@pytest.mark.parametrize("pictures", [0, 2, 1000])
def test_another_number_of_pictures_than_were_asked_for(script, error, monkeypatch, pictures):
    answer = [script.png(np.zeros((1, 1, 1)))] * pictures
    monkeypatch.setattr(script.serving_clients.RestClient, "predict", lambda client, signature, inputs: answer)
    assert f"Expected 16 pictures. Received: {pictures:,}" in error()


@pytest.mark.parametrize("model", ["digits 2", "../../x", "bücher", "a?b#c", "a\nb"])
def test_a_name_of_a_model_that_is_odd_in_an_address(error, model):
    assert "has no model" in error(f"--model={model}") or "Malformed request" in error(f"--model={model}")


@pytest.mark.parametrize("shape", [(None, None), (None, 2**40), (None, 0)])
def test_latents_that_nobody_could_draw(script, monkeypatch, error, shape):
    takes = {"serving_default": {"latents": shape}}
    monkeypatch.setattr(script.serving_clients.RestClient, "signatures", lambda client: takes)
    assert f"Received: latents of shape {shape} for 16 pictures" in error("--signature=serving_default")


@pytest.mark.parametrize("out", ["", " ", "gs://bucket/pictures", "file:/tmp"])
def test_an_out_that_is_no_local_folder(ask, out):
    with pytest.raises(flags.IllegalFlagValueError, match=r"--out=.*must be a local folder"):
        ask(f"--out={out}")


@pytest.mark.parametrize(
    "flag", ["--timeout=nan", "--timeout=inf", "--timeout=0", "--labels=9999999999", "--labels=1.5"]
)
def test_a_number_that_nothing_can_be_done_with(ask, flag):
    with pytest.raises(flags.IllegalFlagValueError, match=flag.split("=")[0].strip("-")):
        ask(flag)


def test_a_tilde_is_the_home_folder(ask, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    ask("--out=~/pictures", "--count=1")
    assert [path.name for path in (tmp_path / "pictures").iterdir()] == ["00000.png"]


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("labels, classes", [("2", [2] * 5), ("0,2", [0, 2, 0, 2, 0])])
def test_the_pictures_are_of_the_classes_that_were_asked_for(ask, class_gan, tmp_path, protocol, labels, classes):
    out = tmp_path / "out"
    ask("--model=classes", f"--labels={labels}", "--count=5", "--seed=3", f"--out={out}", protocol=protocol)
    expected = class_gan.generate(5, seed=3, labels=classes)
    np.testing.assert_array_equal(pixels_in(out), pixels_of(expected)[..., 0])


def test_the_classes_continue_from_request_to_request(script):
    with flagsaver.flagsaver(labels=["0", "2", "1"], batch=4):
        assert [script.labels_of(number, 4)["labels"].tolist() for number in (0, 1)] == [[0, 2, 1, 0], [2, 1, 0, 2]]


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize(
    "arguments, message",
    [
        (
            ["--model=digitz"],
            r"has no model 'digitz'; give the name in .* configuration \(Servable not found",
        ),
        (["--signature=sampel"], r"it has sample, sample_png, serving_default. Received: --signature=sampel"),
        (["--model=two_channels"], r"it has sample, serving_default. Received: --signature=sample_png"),
        (
            ["--count=97", "--batch=97"],
            r"The server refused the request: .*One request may ask for 1 to 96 samples.*Received: count =.*97",
        ),
        (["--benchmark", "--batch=97"], r"The server refused the request: .*One request may ask for 1 to 96 samples"),
        (["--model=classes"], r"'classes' takes labels: give the classes of the pictures. Received: --labels=$"),
        (["--labels=1"], r"'rgb' takes no labels: leave them out. Received: --labels=1"),
        (["--model=classes", "--labels=3"], r"Labels must be classes from 0 to 2.*Received: wrong labels =.*3"),
        (["--model=two_channels", "--signature=sample"], r"A picture is grey or RGB. Received: images of 2 channels"),
    ],
)
def test_what_is_wrong_is_one_line(error, protocol, arguments, message):
    assert re.search(message, error(*arguments, protocol=protocol))


def test_a_signature_that_the_client_has_no_inputs_for(script, monkeypatch, error):
    takes = {"translate": {"images": (None, 4, 4, 3)}}
    monkeypatch.setattr(script.serving_clients.RestClient, "signatures", lambda client: takes)
    assert "Received: --signature=translate, which takes images" in error("--signature=translate")


def test_a_folder_that_cannot_be_made(ask, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(SystemExit, match=r"Error: .*file"):
        ask(f"--out={tmp_path / 'file' / 'out'}")


def test_a_full_disk_leaves_no_half_a_picture(ask, tmp_path, full_disk):
    full_disk()
    with pytest.raises(SystemExit, match="No space left on device"):
        ask(f"--out={tmp_path}")
    assert not list(tmp_path.iterdir())


def test_a_missing_package_is_named_with_its_extra(error, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorflow_serving.apis", None)
    assert "pip install 'keras_gan[serving]', or give --protocol=rest" in error(protocol="grpc")


def test_rest_needs_neither_tensorflow_nor_grpc(server, tmp_path):
    flag_list = [str(SCRIPT), "--model=rgb", f"--port={server.rest_port}", "--count=2", f"--out={tmp_path}"]
    code = f"""
import runpy, sys
sys.modules.update(dict.fromkeys(("tensorflow", "keras", "grpc", "google.protobuf", "PIL")))
sys.argv = {flag_list}
runpy.run_path({str(SCRIPT)!r}, run_name="__main__")
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60, cwd=SCRIPT.parent)
    assert len(list(tmp_path.glob("*.png"))) == 2


def test_a_misspelt_flag_is_told_with_the_right_one():
    command = [sys.executable, str(SCRIPT), "--model=rgb", "--protocl=grpc"]
    got = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert got.returncode == 1
    assert "Unknown command line flag 'protocl'. Did you mean: protocol" in got.stderr
    assert "Traceback" not in got.stderr


def test_words_that_are_no_flags(script):
    with flagsaver.flagsaver(), pytest.raises(SystemExit, match=r"Error: Give only flags, as .*Received: 16"):
        script.main(["keras_gan serve-client", "16"])
