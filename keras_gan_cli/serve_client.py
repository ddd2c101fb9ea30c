"""Ask a server of TensorFlow Serving for pictures, or measure how fast it makes them.

    keras_gan serve-client --model=digits --count=16 --seed=0 --out=runs/pictures
    keras_gan serve-client --model=classes --count=16 --labels=3
    keras_gan serve-client --model=facades --pictures=photos/ --out=translated/
    keras_gan serve-client --model=digits --protocol=grpc --benchmark --requests=1000 --clients=8 --batch=1

keras_gan.export.save must have written the model. --protocol=rest needs only the standard library, NumPy and absl;
--protocol=grpc also needs `pip install 'keras_gan[serving]'`.

A model that draws needs --count and --seed. Each request asks for at most --batch pictures, and has its own seed. The
first request has --seed, so that its pictures equal `gan.generate(count, seed=seed)`. Each further seed is 2^31 larger,
so that no other --seed can reach it. The pictures are --out/00000.png and so on.

A model that changes pictures, such as a translator, needs --pictures: PNG and JPEG files of any size that its network
takes. The answers are PNG files with the same names in --out.
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

from keras_gan_cli import html_page, run_flags, serving_answers, serving_clients, serving_files, serving_load

FLAGS = flags.FLAGS


def define():
    """Define the flags."""
    flags.DEFINE_string("model", None, "Name of the model on the server.", required=True)
    flags.DEFINE_string("host", "localhost", "Name or address of the server.")
    flags.DEFINE_integer("port", None, "Default: 8501 for REST, 8500 for gRPC.", lower_bound=1, upper_bound=65535)
    flags.DEFINE_enum("protocol", "rest", ["rest", "grpc"], "How to ask.")
    flags.DEFINE_string(
        "signature",
        None,
        "sample_png: PNG files from a seed; sample: the same images as numbers; serving_default: images from latents "
        "that this client draws; default: sample_png, or with --pictures the one that takes files.",
    )
    flags.DEFINE_list("pictures", [], "Files or folders to send, for a model that changes pictures.")
    flags.DEFINE_integer("count", 16, "Number of pictures.", lower_bound=1)
    flags.DEFINE_integer("seed", 0, "Seed of the pictures.", lower_bound=0, upper_bound=2**31 - 1)
    flags.DEFINE_list(
        "labels",
        [],
        "Classes of the pictures, for a conditional model: one for all, or several in turn, such as 0,1,2.",
    )
    flags.DEFINE_string("out", "runs/pictures", "Where the pictures go.")
    flags.DEFINE_integer(
        "batch", None, "Pictures that one request asks for; default: 64, or 8 with --pictures.", lower_bound=1
    )
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
        out = pathlib.Path(FLAGS.out).expanduser()
        pictures = files_to_send(out) if FLAGS.pictures else []
        if FLAGS.batch is None:
            FLAGS.batch = 8 if pictures else 64
        ask = asker(pictures)
        if FLAGS.benchmark:
            measure(ask)
        else:
            names = [picture.name for picture in pictures] or [f"{place:05d}.png" for place in range(FLAGS.count)]
            save_pictures(ask, names, out)
    except (ValueError, serving_answers.ServingError, OSError) as error:
        sys.exit(f"Error: {error}")


def files_to_send(out):
    """Return the pictures that --pictures names; say how many other files there are."""
    for name in ("count", "seed"):
        if not FLAGS[name].using_default_value:
            raise ValueError(
                f"--pictures are changed, and --{name} is for a model that draws: leave one of them out. "
                f"Received: --{name}={FLAGS[name].value}"
            )
    pictures, left_out = serving_files.find(FLAGS.pictures, out)
    if left_out:
        which = "file that does not end" if left_out == 1 else "files that do not end"
        print(f"{left_out:,} {which} in {serving_files.ENDINGS} {'is' if left_out == 1 else 'are'} left out")
    return pictures


def connect():
    """Return a client of the server that the flags name."""
    return serving_clients.connect(FLAGS.protocol, FLAGS.host, FLAGS.port, FLAGS.model, timeout=FLAGS.timeout)


def asker(pictures):
    """Return a function of a client, a request number and a count, which returns so many images."""
    with contextlib.closing(connect()) as client:
        signatures = client.signatures()
    name = signature_for(signatures, bool(pictures))
    inputs = signatures[name]
    if set(inputs) - {"labels"} not in ({"latents"}, {"seed", "count"}, {serving_files.INPUT}):
        raise serving_answers.ServingError(
            "This client can draw `latents`, give `seed` and `count`, or send files as `image_bytes`. "
            f"Received: --signature={name}, which takes {', '.join(sorted(inputs))}"
        )
    if ("labels" in inputs) != bool(FLAGS.labels):
        has_labels = "labels" in inputs
        raise serving_answers.ServingError(
            f"The model {FLAGS.model!r} takes {'' if has_labels else 'no '}labels: "
            f"{'give the classes of the pictures' if has_labels else 'leave them out'}. "
            f"Received: --labels={','.join(FLAGS.labels)}"
        )

    def ask(client, number, count):
        if not pictures:
            return serving_answers.pictures(client.predict(name, request(inputs, number, count)), count)
        sent = [pictures[place % len(pictures)] for place in number * FLAGS.batch + np.arange(count)]
        files = {serving_files.INPUT: [picture.read() for picture in sent]}
        try:
            made = client.predict(name, files | (labels_of(number, count) if "labels" in inputs else {}))
            return serving_answers.pictures(made, count)
        except serving_answers.ServingError as error:
            which = f"{sent[0].path}" if count == 1 else f"{sent[0].path} to {sent[-1].path}; --batch=1 tells which"
            raise serving_answers.ServingError(f"{error} (It was sent {which})") from error

    ask.signature = name
    return ask


def signature_for(signatures, sends_files):
    """Return the name of the signature to ask; raise a ServingError if the model has none for what is given."""
    takes_files = [name for name, inputs in signatures.items() if serving_files.INPUT in inputs]
    name = FLAGS.signature or (takes_files[0] if sends_files and takes_files else "sample_png")
    if sends_files and not takes_files:
        raise serving_answers.ServingError(
            f"The model {FLAGS.model!r} takes no files of pictures: leave --pictures out. Its signatures are "
            f"{', '.join(sorted(signatures)) or 'none'}. Received: --pictures={','.join(FLAGS.pictures)}"
        )
    if sends_files and name in signatures and name not in takes_files:
        raise serving_answers.ServingError(
            f"This signature takes no files of pictures: leave --pictures out, or give --signature={takes_files[0]}. "
            f"Received: --signature={name}"
        )
    if not sends_files and (name in takes_files or (takes_files and not FLAGS.signature and name not in signatures)):
        raise serving_answers.ServingError(
            f"The model {FLAGS.model!r} changes pictures ({takes_files[0]}): give files or folders with --pictures. "
            "Received: no --pictures"
        )
    if name not in signatures:
        raise serving_answers.ServingError(
            f"The model {FLAGS.model!r} has no such signature: it has {', '.join(sorted(signatures)) or 'none'}. "
            f"Received: --signature={name}"
        )
    return name


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


def save_pictures(ask, names, out):
    """Write the pictures, under these names, as they arrive."""
    out.mkdir(parents=True, exist_ok=True)
    with contextlib.closing(connect()) as client:
        for number, start in enumerate(range(0, len(names), FLAGS.batch)):
            written = names[start : start + FLAGS.batch]
            for name, image in zip(written, ask(client, number, len(written)), strict=True):
                (out / name).parent.mkdir(parents=True, exist_ok=True)
                html_page.write(out / name, image if isinstance(image, bytes) else png(image))
    print(f"{len(names):,} {'picture' if len(names) == 1 else 'pictures'}: {out}")


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
        f"{FLAGS.requests:,} requests for {FLAGS.batch} images each ({ask.signature}, {FLAGS.protocol}) from "
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
