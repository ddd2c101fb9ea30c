"""How fast is an exported generator, and does its server stand a load? Prints Markdown.

    python benchmarks/serving.py
    python benchmarks/serving.py --batches=1,64 --noxla --load_requests=0

The first part compares the signature `serving_default` of a SavedModel with its generator, which is called as
`gan.generator(latents, training=False)`, layer by layer and as a graph. All get the same latents from NumPy and return
images to NumPy. They take turns call by call, so that other load on the machine slows all equally; ratios are of the
medians. With --xla, an export with `jit_compile=True` takes part. The first call at each batch size compiles and does
not count.

The second part is the load (--load_requests=0 to skip it). Clients on this machine, each with its own connection, ask
`tests/serving_server.py` in another process for pictures (`sample_png`), over REST and over gRPC. The first tenth of
the requests lets the allocators take their memory; latencies are of the others. A request is lost if its answer is an
error, does not come, or has the wrong number of pictures. This server uses the protocol of TensorFlow Serving, but it
is not the official one: the numbers show whether the model and the client stand the load, not how fast the official
server is.
"""

import contextlib
import functools
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

from absl import app, flags

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

sys.path.insert(0, str(pathlib.Path(__file__).parent))

import keras
import numpy as np
import tensorflow as tf
from _cases import CASES

import keras_gan
from keras_gan_cli import serving_clients, serving_load

SERVER = pathlib.Path(__file__).parents[1] / "tests" / "serving_server.py"
DIRECT, TRACED = "gan.generator(latents)", "the same in a tf.function"
SAVED, COMPILED = "SavedModel", "SavedModel, XLA"
SPEED_HEADER = "| batch | called | images a second | p50, ms | p95, ms | p99, ms | times the direct call's speed |"
LOAD_HEADER = (
    "| protocol | requests | lost | images a second | p50, ms | p95, ms | p99, ms | MiB at the start | after a tenth "
    "| at the end |"
)

FLAGS = flags.FLAGS
flags.DEFINE_list("batches", ["1", "8", "64"], "Images of a call.")
flags.DEFINE_integer("calls", 200, "Calls of each contender at each batch.", lower_bound=1)
flags.DEFINE_bool("xla", True, "Whether the export with an XLA-compiled signature takes part.")
flags.DEFINE_integer("width", CASES["dcgan"].generator_width, "Channels of the generator at full size.", lower_bound=1)
flags.DEFINE_integer("image_size", CASES["dcgan"].image_size, "Height and width of the pictures.", lower_bound=8)
flags.DEFINE_integer("load_requests", 10_000, "Requests of each protocol; 0 for no load.", lower_bound=0)
flags.DEFINE_integer("load_clients", 8, "Clients that ask at once.", lower_bound=1)
flags.DEFINE_integer("load_batch", 1, "Pictures of a request.", lower_bound=1)
flags.DEFINE_multi_enum("protocol", ["rest", "grpc"], ["rest", "grpc"], "How the clients ask.")


def make_gan():
    """A GAN with the generator of the `dcgan` case, untrained: the speed does not depend on the weights."""
    keras.utils.set_random_seed(0)
    shape = (FLAGS.image_size, FLAGS.image_size, 3)
    networks = keras_gan.networks.dcgan(image_shape=shape, latent_dim=CASES["dcgan"].latent_dim, width=FLAGS.width)
    return keras_gan.NonSaturatingGAN(*networks)


def contenders(gan, folder):
    """Functions from latents to images, both NumPy arrays, by their names in the table."""
    most = max(FLAGS.load_batch, *map(int, FLAGS.batches))
    found = {DIRECT: lambda latents: np.asarray(gan.generator(latents, training=False))}
    generate = tf.function(lambda latents: gan.generator(latents, training=False), reduce_retracing=True)
    found[TRACED] = lambda latents: generate(tf.constant(latents)).numpy()
    found[SAVED] = served(keras_gan.export.save(gan, folder / "plain", max_count=most))
    if FLAGS.xla:
        found[COMPILED] = served(keras_gan.export.save(gan, folder / "compiled", max_count=most, jit_compile=True))
    return found


def served(version):
    """The signature of a SavedModel as a function of NumPy arrays."""
    model = tf.saved_model.load(version)

    def images(latents):
        # This keeps the model alive: the signature alone does not keep its variables.
        return model.signatures["serving_default"](latents=tf.constant(latents))["images"].numpy()

    return images


def take_turns(functions, latents, calls):
    """Seconds of each call of each function, a dict of lists; the functions take turns."""
    for function in functions.values():
        # The first call traces or compiles; in the second, the caches are still cold.
        function(latents)
        function(latents)
    seconds = {name: [] for name in functions}
    for _ in range(calls):
        for name, function in functions.items():
            start = time.perf_counter()
            function(latents)
            seconds[name].append(time.perf_counter() - start)
    return seconds


def require_equal_images(functions, latents):
    """Exit unless all make the same images, up to the rounding of sums in XLA."""
    expected = functions[DIRECT](latents)
    for name, function in functions.items():
        apart = float(np.abs(function(latents) - expected).max())
        if not apart <= 1e-4:
            sys.exit(f"The images of {name} are {apart:.2g} from those of {DIRECT}: they do not do the same work.")


def speed_rows(batch, seconds):
    """The lines of the table for one batch."""
    direct = statistics.median(seconds[DIRECT])
    for name, times in seconds.items():
        median = statistics.median(times)
        cells = [str(batch), name, f"{batch / median:.0f}", *percentiles(times), f"{direct / median:.2f}"]
        yield f"| {' | '.join(cells)} |"


def percentiles(seconds):
    """The 50th, 95th and 99th percentile in milliseconds, as text."""
    return [f"{1e3 * value:.1f}" for value in np.percentile(seconds, [50, 95, 99])]


class Server:
    """`tests/serving_server.py` in its own process.

    Args:
        directory: of the model's versions; its name is the name of the model.
    """

    def __init__(self, directory):
        self.model = directory.name
        command = [sys.executable, SERVER, f"{self.model}={directory}"]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        line = self._process.stdout.readline()
        if not line:
            self.close()
            sys.exit("The server has not started: what it says of it is above.")
        self.ports = json.loads(line)

    def client(self, protocol):
        """A client of the server."""
        return serving_clients.connect(protocol, "127.0.0.1", self.ports[protocol], self.model)

    def bytes(self):
        """Memory that the server's process holds."""
        lines = pathlib.Path(f"/proc/{self._process.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) * 1024

    def close(self):
        """End the process."""
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()


def put_under_load(server, protocol):
    """Send all requests; return the load of the first tenth, that of the others, and memory before, between, after."""
    run = functools.partial(
        serving_load.run,
        functools.partial(server.client, protocol),
        lambda client, number: client.predict(
            "sample_png", {"seed": np.int64(number), "count": np.int32(FLAGS.load_batch)}
        ),
        clients=FLAGS.load_clients,
        batch=FLAGS.load_batch,
    )
    first = -(-FLAGS.load_requests // 10)
    memory = [server.bytes()]
    loads = []
    for requests in (first, FLAGS.load_requests - first):
        loads.append(run(requests=requests))
        memory.append(server.bytes())
    return loads, memory


def load_row(protocol, loads, memory):
    """One line of the table, from what `put_under_load` returned."""
    answered, errors = (sum(len(getattr(load, name)) for load in loads) for name in ("latencies", "errors"))
    steady = loads[-1]
    times = percentiles(steady.latencies) if steady.latencies else [""] * 3
    cells = [protocol, f"{answered + errors:,}", f"{errors:,}", f"{steady.images_per_second:.0f}", *times]
    return f"| {' | '.join([*cells, *(f'{held / 2**20:.0f}' for held in memory)])} |"


def main(argv):
    """Measure, print."""
    if argv[1:]:
        raise app.UsageError(f"Give flags alone. Received: {' '.join(argv[1:])}")
    gan = make_gan()
    with tempfile.TemporaryDirectory() as folder:
        functions = contenders(gan, pathlib.Path(folder))
        require_equal_images(functions, draw(gan, 2))
        print(f"{SPEED_HEADER}\n{'|---' * 7}|")
        for batch in map(int, FLAGS.batches):
            print("\n".join(speed_rows(batch, take_turns(functions, draw(gan, batch), FLAGS.calls))), flush=True)
        if FLAGS.load_requests:
            print(f"\n{LOAD_HEADER}\n{'|---' * 10}|")
            for protocol in FLAGS.protocol:
                with contextlib.closing(Server(pathlib.Path(folder) / "plain")) as server:
                    loads, memory = put_under_load(server, protocol)
                print(load_row(protocol, loads, memory), flush=True)
                for error in dict.fromkeys(error for load in loads for error in load.errors):
                    print(f"\nLost over {protocol}: {error}")


def draw(gan, batch):
    """Latents of standard normal numbers."""
    return np.random.default_rng(0).standard_normal((batch, *gan.latent_shape), np.float32)


if __name__ == "__main__":
    app.run(main)
