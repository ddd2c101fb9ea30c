"""How many operations does a training step run, and which? Prints a Markdown table per case.

    python benchmarks/operations.py
    python benchmarks/operations.py --case=dcgan --before=../keras_gan_before --kinds=20

On a GPU each operation is a kernel launch, so their number bounds the step from below, and an operation that waits for
the host stalls it. The operations are those that TensorFlow's executor runs in a step of the cases of `train_step.py`,
after its graph optimiser, counted by its profiler; reads of data are left out. "Copies to the host" are operations that
hand tensors to Python within the step. "Unknown shapes" are outputs of the traced step whose shape is not fully known.
`--before` names another checkout of this package to compare with.
"""

import collections
import json
import os
import pathlib
import subprocess
import sys
import tempfile

from absl import app, flags

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
sys.path.insert(0, str(pathlib.Path(__file__).parent))

from _cases import CASES

STEPS = 5
# What runs for the loop over steps and the data, and wrappers that only call others.
NOT_OF_THE_STEP = ("Iterator", "Dataset", "__inference", "Run", "Process", "Executor", "Done", "Record", "Region")
HOST = ("PyFunc", "EagerPyFunc", "PyFuncStateless", "Print", "PrintV2")

FLAGS = flags.FLAGS
flags.DEFINE_multi_enum("case", list(CASES), list(CASES), "What to train.")
flags.DEFINE_enum("precision", "float32", ["float32", "bfloat16"], "In which precision.")
flags.DEFINE_string("before", None, "Another checkout to compare with.")
flags.DEFINE_integer("kinds", 8, "How many kinds of operations to list.", lower_bound=1)
flags.DEFINE_bool("count", False, "For the script's own processes.")


def count(case):
    """The operations of a step of a case in this process: kinds to numbers, and what is said of its graph."""
    from _keras_contenders import Ours

    ours = Ours(case, FLAGS.precision == "bfloat16", jit_compile=False)
    ours.run(3)
    kinds = collections.Counter()
    for name, number in executed(ours).items():
        kinds[name] += number / STEPS
    operations = traced(ours)
    return {
        "kinds": {name: round(number) for name, number in kinds.items() if round(number)},
        "host": sum(operation.type in HOST for operation in operations),
        "unknown": sum(
            not output.shape.is_fully_defined()
            for operation in operations
            for output in operation.outputs
            if output.dtype.name not in ("resource", "variant")
        ),
    }


def executed(contender):
    """How often the executor ran each kind of operation in `STEPS` steps."""
    import tensorflow as tf
    from tensorflow.tsl.profiler.protobuf import xplane_pb2

    kinds = collections.Counter()
    with tempfile.TemporaryDirectory() as folder:
        tf.profiler.experimental.start(folder)
        contender.run(STEPS)
        tf.profiler.experimental.stop()
        (path,) = pathlib.Path(folder).rglob("*.xplane.pb")
        space = xplane_pb2.XSpace.FromString(path.read_bytes())
    for plane in space.planes:
        names = {key: event.name for key, event in plane.event_metadata.items()}
        for event in (event for line in plane.lines for event in line.events):
            # "name of the node:kind"
            node, _, kind = names[event.metadata_id].rpartition(":")
            if node and not any(part in kind or part in node for part in NOT_OF_THE_STEP):
                kinds[kind.strip()] += 1
    return kinds


def traced(contender):
    """All operations of the traced step, with those of its branches."""
    import tensorflow as tf

    model, batch = contender.gan, next(iter(contender.images))
    # `fit` gives a step that many minibatches at once.
    batch = tf.repeat(batch, model.discriminator_steps, axis=0)
    graphs = [tf.function(model.train_step).get_concrete_function(batch).graph]
    for graph in graphs:
        graphs += [function.graph for function in graph._functions.values() if hasattr(function, "graph")]
    return [operation for graph in graphs for operation in graph.get_operations()]


def counted(name, checkout):
    """`count` in a process of its own, with the package of a checkout."""
    command = [sys.executable, __file__, "--count", f"--case={name}", f"--precision={FLAGS.precision}"]
    environment = {**os.environ, "PYTHONPATH": str(pathlib.Path(checkout).resolve())}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    if done.returncode:
        sys.exit(f"Counting the operations of {name} has failed:\n{done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


def main(argv):
    """Count, print."""
    if argv[1:]:
        raise app.UsageError(f"Give flags alone. Received: {' '.join(argv[1:])}")
    if FLAGS.count:
        print(json.dumps(count(CASES[FLAGS.case[0]])))
        return
    checkouts = {"now": pathlib.Path(__file__).parents[1]}
    if FLAGS.before:
        checkouts = {"before": FLAGS.before, **checkouts}
    for name in FLAGS.case:
        found = {label: counted(name, checkout) for label, checkout in checkouts.items()}
        print(f"\n### {name}, {FLAGS.precision}\n\n| | {' | '.join(found)} |\n|---|{'---|' * len(found)}")
        rows = {
            "operations a step": lambda each: sum(each["kinds"].values()),
            "copies to the host": lambda each: each["host"],
            "unknown shapes": lambda each: each["unknown"],
        }
        total = collections.Counter()
        for each in found.values():
            total.update(each["kinds"])
        for kind, _ in total.most_common(FLAGS.kinds):
            rows[f"`{kind}`"] = lambda each, kind=kind: each["kinds"].get(kind, 0)
        for label, value in rows.items():
            print(f"| {label} | {' | '.join(str(value(each)) for each in found.values())} |", flush=True)


if __name__ == "__main__":
    app.run(main)
