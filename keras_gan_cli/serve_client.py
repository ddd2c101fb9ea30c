"""Ask a server of TensorFlow Serving for pictures, or measure how fast it makes them.

    keras_gan serve-client --model=digits --count=16 --seed=0 --out=runs/pictures
    keras_gan serve-client --model=classes --count=16 --labels=3
    keras_gan serve-client --model=digits --protocol=grpc --benchmark --requests=1000 --clients=8 --batch=1

keras_gan.export.save must have written the model. --protocol=rest needs only the standard library, NumPy and absl;
--protocol=grpc also needs `pip install 'keras_gan[serving]'`.

Each request asks for at most --batch pictures, and has its own seed. The first request has --seed, so that its pictures
equal `gan.generate(count, seed=seed)`. Each further seed is 2^31 larger, so that no other --seed can reach it. The
pictures are --out/00000.png and so on.
"""

import contextlib
import math
import os
import pathlib
import re
import struct
import sys
import zlib

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
from absl import flags

from keras_gan_cli import html_page, run_flags, serving_answers, serving_clients, serving_load

FLAGS = flags.FLAGS


def define():
    """Define the flags."""
    flags.DEFINE_string("model", None, "Name of the model on the server.", required=True)
    flags.DEFINE_string("host", "localhost", "Name or address of the server.")
    flags.DEFINE_integer("port", None, "Default: 8501 for REST, 8500 for gRPC.", lower_bound=1, upper_bound=65535)
    flags.DEFINE_enum("protocol", "rest", ["rest", "grpc"], "How to ask.")
    flags.DEFINE_string(
        "signature",
        "sample_png",
        "sample_png: PNG files from a seed; sample: the same images as numbers; serving_default: images from latents "
        "that this client draws.",
    )
    flags.DEFINE_integer("count", 16, "Number of pictures.", lower_bound=1)
    flags.DEFINE_integer("seed", 0, "Seed of the pictures.", lower_bound=0, upper_bound=2**31 - 1)
    flags.DEFINE_list(
        "labels",
        [],
        "Classes of the pictures, for a conditional model: one for all, or several in turn, such as 0,1,2.",
    )
    flags.DEFINE_string("out", "runs/pictures", "Where the pictures go.")
    flags.DEFINE_integer("batch", 64, "Pictures that one request asks for.", lower_bound=1)
    flags.DEFINE_float("timeout", 60.0, "Most seconds from a request to the end of its answer.", lower_bound=0.001)
    flags.DEFINE_bool("benchmark", False, "Measure latency and images per second, and write no pictures.")
    flags.DEFINE_integer("requests", 1000, "Requests of the benchmark.", lower_bound=1)
    flags.DEFINE_integer("clients", 8, "Threads of the benchmark, each with its own connection.", lower_bound=1)

    flags.register_validator(
        "labels",
        lambda labels: all(re.fullmatch("[0-9]{1,9}", label) for label in labels),
        "must be whole numbers from 0 to 999999999, joined by commas",
    )

    # No socket waits for ever, and NaN is above no bound.
    flags.register_validator("timeout", lambda timeout: timeout <= 1e6, "must be a number up to 1e6")
    flags.register_validator(
        "out",
        lambda out: out.strip() and not re.match(r"[A-Za-z][A-Za-z0-9+.-]+:/", out),
        "must be a local folder, without a scheme such as gs://; for the current folder give .",
    )


# The most numbers of one request: 256 MiB.
MAX_LATENTS = 2**26

# The colour type of a PNG file, by the number of channels: grey and RGB.
COLOUR_TYPES = {1: 0, 3: 2}


def main(argv):
    """Ask; an error ends the program in one line."""
    try:
        run_flags.require_no_words(argv)
        ask = asker()
        if FLAGS.benchmark:
            measure(ask)
        else:
            save_pictures(ask, pathlib.Path(FLAGS.out).expanduser())
    except (ValueError, serving_answers.ServingError, OSError) as error:
        sys.exit(f"Error: {error}")


def connect():
    """Return a client of the server that the flags name."""
    return serving_clients.connect(FLAGS.protocol, FLAGS.host, FLAGS.port, FLAGS.model, timeout=FLAGS.timeout)


def asker():
    """Return a function of a client, a request number and a count, which returns so many images."""
    with contextlib.closing(connect()) as client:
        signatures = client.signatures()
    if FLAGS.signature not in signatures:
        raise serving_answers.ServingError(
            f"The model {FLAGS.model!r} has no such signature: it has {', '.join(sorted(signatures)) or 'none'}. "
            f"Received: --signature={FLAGS.signature}"
        )
    inputs = signatures[FLAGS.signature]
    if set(inputs) - {"labels"} not in ({"latents"}, {"seed", "count"}):
        raise serving_answers.ServingError(
            "This client can draw `latents`, or give `seed` and `count`. "
            f"Received: --signature={FLAGS.signature}, which takes {', '.join(sorted(inputs))}"
        )
    if ("labels" in inputs) != bool(FLAGS.labels):
        has_labels = "labels" in inputs
        raise serving_answers.ServingError(
            f"The model {FLAGS.model!r} takes {'' if has_labels else 'no '}labels: "
            f"{'give the classes of the pictures' if has_labels else 'leave them out'}. "
            f"Received: --labels={','.join(FLAGS.labels)}"
        )

    def ask(client, number, count):
        return serving_answers.pictures(client.predict(FLAGS.signature, request(inputs, number, count)), count)

    return ask


def request(inputs, number, count):
    """Return the inputs of one request, dict of name to array or scalar."""
    seed = FLAGS.seed + number * 2**31
    if "latents" in inputs:
        latent_shape = inputs["latents"][1:]
        if None in latent_shape or not 0 < count * math.prod(latent_shape) <= MAX_LATENTS:
            raise serving_answers.ServingError(
                f"This client draws up to {MAX_LATENTS:,} numbers for a request, of a size that the model declares. "
                f"Received: latents of shape {inputs['latents']} for {count} pictures"
            )
        drawn = {"latents": np.random.default_rng(seed).standard_normal((count, *latent_shape), np.float32)}
    else:
        drawn = {"seed": np.int64(seed), "count": np.int32(count)}
    return {**drawn, **(labels_of(number, count) if "labels" in inputs else {})}


def labels_of(number, count):
    """Return the labels of one request as an input: the pictures of all requests have the classes in turn."""
    places = number * FLAGS.batch + np.arange(count)
    return {"labels": np.array(FLAGS.labels, np.int32)[places % len(FLAGS.labels)]}


def save_pictures(ask, out):
    """Write the pictures as they arrive."""
    out.mkdir(parents=True, exist_ok=True)
    with contextlib.closing(connect()) as client:
        for number, start in enumerate(range(0, FLAGS.count, FLAGS.batch)):
            images = ask(client, number, min(FLAGS.batch, FLAGS.count - start))
            for place, image in enumerate(images, start):
                html_page.write(out / f"{place:05d}.png", image if isinstance(image, bytes) else png(image))
    print(f"{FLAGS.count:,} pictures: {out}")


def png(image):
    """Return an image in [-1, 1] as a PNG file, with the pixels that `sample_png` would give it."""
    height, width, channels = image.shape
    if channels not in COLOUR_TYPES:
        raise serving_answers.ServingError(f"A picture is grey or RGB. Received: images of {channels} channels")
    pixels = np.floor(np.clip(127.5 * image + 128.0, 0.0, 255.0)).astype(np.uint8)
    # Each row begins with the number of its filter; 0 is none.
    rows = np.pad(pixels.reshape(height, width * channels), ((0, 0), (1, 0)))
    header = struct.pack(">2I5B", width, height, 8, COLOUR_TYPES[channels], 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(rows.tobytes())), (b"IEND", b"")]
    return serving_answers.PNG_SIGNATURE + b"".join(chunk(name, content) for name, content in chunks)


def chunk(name, content):
    """Return a chunk of a PNG file: its length, its name, its content and their checksum."""
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def measure(ask):
    """Send the requests of the benchmark, and print the measurements."""
    load = serving_load.run(
        connect,
        lambda client, number: ask(client, number, FLAGS.batch),
        requests=FLAGS.requests,
        clients=FLAGS.clients,
        batch=FLAGS.batch,
    )
    print(
        f"{FLAGS.requests:,} requests for {FLAGS.batch} images each ({FLAGS.signature}, {FLAGS.protocol}) from "
        f"{FLAGS.clients} clients, {load.seconds:.1f} s"
    )
    if load.latencies:
        print("latency: p50 {:.1f} ms, p95 {:.1f} ms, p99 {:.1f} ms".format(*load.percentiles()))
        print(f"images a second: {load.images_per_second:.1f}")
    print(f"failures: {len(load.errors)}")
    if load.errors:
        raise serving_answers.ServingError(
            f"{len(load.errors):,} of {FLAGS.requests:,} requests were not answered. The first: {load.errors[0]}"
        )
