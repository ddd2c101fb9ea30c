"""How fast is a training step, compared with the Keras guides' code and PyTorch? Prints a Markdown table per case.

    python benchmarks/train_step.py
    python benchmarks/train_step.py --case=dcgan --precision=bfloat16 --contender=keras_gan --contender=pytorch
    python benchmarks/train_step.py --set=sn_resnet.batch_size=16 --set=sn_resnet.generator_width=64
    python benchmarks/train_step.py --contender=keras_gan --contender=r1_r2 --contender=approximate_r1_r2
    python benchmarks/train_step.py --before=../keras_gan_before --contender=keras_gan --contender=before

The contenders train the same networks (their numbers of parameters must be equal) with the same number of discriminator
steps, Adam, and images in memory, on the same number of threads. Each has its own process. They take turns of some
steps, round after round, so that other load on the machine slows all of them equally: the ratios of the medians are
reliable even if the times are not. `keras_gan` and `textbook` are timed within `fit`; `_xla` means `jit_compile=True`.
The textbook's networks have stock layers instead of those of this package, and its steps are those of the Keras guides
(`_textbook.py`). `r1_r2` is this package with the penalties R1 and R2 (in place of the GAN's own), and
`approximate_r1_r2` has them by finite differences. `before` is this package in another checkout, which `--before`
names, with the benchmark of that checkout, to compare a change with the code before it. PyTorch runs eagerly, channels
last, with autocast for bfloat16. It needs `pip install 'keras-gan[benchmark]'`, here or in the environment that
`--torch_python` names.

Images are the real images of a step. Memory is how much the process grew from the framework's import to its peak,
including compilation. The time of the first step runs from the first layer to the end of that step. The share of the
peak is the operations that the step needs (`_cases.step_flops`), over those of a product of square matrices in the same
time and precision; the fastest product of all contenders counts.
"""

import dataclasses
import json
import os
import pathlib
import platform
import re
import statistics
import subprocess
import sys
import tempfile

from absl import app, flags

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from _cases import CASES

CONTENDERS = ("keras_gan", "keras_gan_xla", "textbook", "textbook_xla", "pytorch")
PENALISED = ("r1_r2", "r1_r2_xla", "approximate_r1_r2", "approximate_r1_r2_xla")
EARLIER = ("before", "before_xla")
PRECISIONS = ("float32", "bfloat16")
RATIOS = (
    ("keras_gan", "textbook"),
    ("keras_gan_xla", "textbook_xla"),
    ("keras_gan", "pytorch"),
    ("keras_gan_xla", "pytorch"),
    ("keras_gan", "before"),
    ("keras_gan_xla", "before_xla"),
    ("approximate_r1_r2", "r1_r2"),
    ("approximate_r1_r2_xla", "r1_r2_xla"),
    ("keras_gan", "r1_r2"),
    ("keras_gan_xla", "r1_r2_xla"),
)
WORKER_IN_CHECKOUT = pathlib.Path("benchmarks", "_worker.py")
WORKER = pathlib.Path(__file__).parents[1] / WORKER_IN_CHECKOUT
HEADER = "| contender | ms a step | 10 % to 90 % | images a second | s/kimg | peak MiB | first step, s | of the peak |"

FLAGS = flags.FLAGS
flags.DEFINE_multi_enum("case", list(CASES), list(CASES), "What to train.")
flags.DEFINE_multi_enum("precision", PRECISIONS, PRECISIONS, "In which precision.")
flags.DEFINE_multi_enum("contender", CONTENDERS, [*CONTENDERS, *PENALISED, *EARLIER], "Who takes part.")
flags.DEFINE_string("before", None, "The checkout that the contenders `before` and `before_xla` run.")
flags.DEFINE_multi_string("set", [], "Changes a case: case.field=value, such as dcgan.batch_size=16.")
flags.DEFINE_integer("rounds", 8, "Turns of each contender.", lower_bound=1)
flags.DEFINE_float("turn_seconds", 5.0, "How long a turn lasts, in whole steps.", lower_bound=0.0)
flags.DEFINE_integer("threads", len(os.sched_getaffinity(0)), "Threads of each contender.", lower_bound=1)
flags.DEFINE_integer("product_size", 2048, "Side of the matrices that the peak is measured with.", lower_bound=1)
flags.DEFINE_string("torch_python", sys.executable, "The interpreter that has PyTorch.")


class Worker:
    """A contender in its own process, and what is known of it so far.

    Attributes:
        name: of the contender.
        report: dict of its first step: "first_step" in seconds, "parameters" of both players and
            "flops_per_step" (None where it cannot say).
        seconds: of each step of its turns.
        peak_bytes: how much memory it has taken.
    """

    def __init__(self, name, case, precision):
        self.name, self.bfloat16 = name, precision == "bfloat16"
        self.seconds, self.peak_bytes = [], 0
        self._errors = tempfile.TemporaryFile("w+")  # noqa: SIM115 - for as long as the process lives
        python = FLAGS.torch_python if name == "pytorch" else sys.executable
        threads = dict.fromkeys(("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS"), str(FLAGS.threads))
        worker, paths = WORKER, os.environ.get("PYTHONPATH", "")
        if name in EARLIER:
            worker, paths = (pathlib.Path(FLAGS.before).resolve() / part for part in (WORKER_IN_CHECKOUT, ""))
        self._process = subprocess.Popen(
            [python, worker],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            env={**os.environ, **threads, "PYTHONPATH": str(paths)},
        )
        self.report = self._ask(
            contender=name.removesuffix("_xla").replace("before", "keras_gan"),
            case=dataclasses.asdict(case),
            bfloat16=self.bfloat16,
            jit_compile=name.endswith("_xla"),
        )
        # In the second step caches are still cold; its time gives the number of steps in a turn.
        self._steps = max(1, round(FLAGS.turn_seconds / self._ask(steps=1)["seconds"][0]))

    def take_turn(self):
        """Train for a turn."""
        answer = self._ask(steps=self._steps)
        self.seconds += answer["seconds"]
        self.peak_bytes = answer["bytes"]

    def product_speed(self):
        """Floating-point operations a second of a matrix product in the precision of the training."""
        return self._ask(peak=FLAGS.product_size, bfloat16=self.bfloat16)["flops_per_second"]

    def close(self):
        """End the process."""
        self._process.stdin.close()
        self._process.wait()

    def _ask(self, **request):
        try:
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
            return json.loads(self._process.stdout.readline())
        except (BrokenPipeError, json.JSONDecodeError):
            self._errors.seek(0)
            sys.exit(f"The contender {self.name} has failed:\n{self._errors.read()}")


def compare(case, precision, contenders):
    """Measure the contenders in turn; return the workers, closed, and the speed of the fastest matrix product."""
    workers = []
    for name in contenders:
        workers.append(Worker(name, case, precision))
        require_equal_parameters(workers)
    for _ in range(FLAGS.rounds):
        for worker in workers:
            worker.take_turn()
    peak = max(worker.product_speed() for worker in workers)
    for worker in workers:
        worker.close()
    return workers, peak


def require_equal_parameters(workers):
    """Exit unless all train networks of the same size."""
    first, last = workers[0], workers[-1]
    if first.report["parameters"] != last.report["parameters"]:
        sys.exit(
            f"{first.name} trains {first.report['parameters']} parameters, {last.name} {last.report['parameters']}: "
            "they do not do the same work."
        )


def row(worker, images_per_step, flops_per_step, peak):
    """One line of the table."""
    low, high = spread(worker.seconds)
    median = statistics.median(worker.seconds)
    cells = [
        worker.name,
        f"{1e3 * median:.0f}",
        f"{1e3 * low:.0f} to {1e3 * high:.0f}",
        f"{images_per_step / median:.0f}",
        f"{1e3 * median / images_per_step:.2f}",
        f"{worker.peak_bytes / 2**20:.0f}",
        f"{worker.report['first_step']:.1f}",
        f"{flops_per_step / median / peak:.0%}" if flops_per_step else "",
    ]
    return f"| {' | '.join(cells)} |"


def spread(seconds):
    """The limits that a tenth of the steps are below, and a tenth above."""
    ordered = sorted(seconds)
    return tuple(ordered[round(share * (len(ordered) - 1))] for share in (0.1, 0.9))


def ratios(workers):
    """A sentence on how the contenders' medians compare with those of this package, compiled the same way."""
    medians = {worker.name: statistics.median(worker.seconds) for worker in workers}
    found = [
        f"{ours} is {medians[theirs] / medians[ours]:.2f} times as fast as {theirs}"
        for ours, theirs in RATIOS
        if ours in medians and theirs in medians
    ]
    return f"{'; '.join(found)}." if found else ""


def changed_cases():
    """The cases to run, by name, with the changes that `--set` asks for."""
    cases = {name: CASES[name] for name in FLAGS.case}
    for change in FLAGS.set:
        match = re.fullmatch(r"(\w+)\.(\w+)=(\d+)", change)
        if not match or match[1] not in CASES or not hasattr(CASES[match[1]], match[2]):
            raise app.UsageError(f"Changes look like dcgan.batch_size=16. Received: --set={change}")
        name, field, value = match.groups()
        if name in cases:
            cases[name] = dataclasses.replace(cases[name], **{field: int(value)})
    return cases


def describe(case):
    """A case in words."""
    return (
        f"{case.network}, {case.image_size}x{case.image_size}, widths {case.generator_width} and "
        f"{case.discriminator_width}, {case.loss}, batches of {case.batch_size}, "
        f"{case.discriminator_steps} discriminator step{'s' * (case.discriminator_steps > 1)} a step"
    )


def available(contenders):
    """The contenders that can run here; says which are left out."""
    if "pytorch" in contenders and subprocess.run([FLAGS.torch_python, "-c", "import torch"], check=False).returncode:
        print("PyTorch is not installed (`pip install 'keras-gan[benchmark]'`): it is left out.")
        return [name for name in contenders if name != "pytorch"]
    return contenders


def machine():
    """The processor, the threads and the load."""
    lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.partition(": ")[2] for line in lines if line.startswith("model name")), platform.machine())
    onednn = os.environ.get("TF_ENABLE_ONEDNN_OPTS", "not set")
    return f"{model}, {FLAGS.threads} threads, load {os.getloadavg()[0]:.1f}, TF_ENABLE_ONEDNN_OPTS {onednn}"


def main(argv):
    """Compare, print."""
    if argv[1:]:
        raise app.UsageError(f"Give flags alone. Received: {' '.join(argv[1:])}")
    if set(FLAGS.contender) & set(EARLIER) and FLAGS.before is None:
        raise app.UsageError("Say where the earlier checkout lies: --before=PATH. Received: --before=None")
    contenders = available(FLAGS.contender)
    print(f"{machine()}.")
    for name, case in changed_cases().items():
        for precision in FLAGS.precision:
            workers, peak = compare(case, precision, contenders)
            flops = next(
                (worker.report["flops_per_step"] for worker in workers if worker.report["flops_per_step"]), None
            )
            print(f"\n### {name}, {precision}\n\n{describe(case)}\n")
            print(
                f"{(flops or 0) / 1e9:.1f} GFLOP a step; the fastest matrix product: {peak / 1e9:.0f} GFLOP a second.\n"
            )
            print(f"{HEADER}\n|{'---|' * HEADER.count(' | ')}---|")
            for worker in workers:
                # The count is that of the GAN's own step.
                counted = None if worker.name in PENALISED else flops
                print(row(worker, case.images_per_step, counted, peak))
            print(f"\n{ratios(workers)}", flush=True)


if __name__ == "__main__":
    app.run(main)
