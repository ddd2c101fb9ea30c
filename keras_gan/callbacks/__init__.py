"""Callbacks for training: samples to see and hear, losses, progress, speed, metrics, checkpoints and health checks."""

from keras_gan.callbacks.audio_snapshots import AudioSnapshots
from keras_gan.callbacks.checkpoint import Checkpoint
from keras_gan.callbacks.clip_snapshots import ClipSnapshots
from keras_gan.callbacks.evaluate import Evaluate
from keras_gan.callbacks.health import TrainingDiverged, TrainingHealth
from keras_gan.callbacks.image_grid import image_grid
from keras_gan.callbacks.image_snapshots import ImageSnapshots
from keras_gan.callbacks.loss_curves import LossCurves
from keras_gan.callbacks.progress import Progress
from keras_gan.callbacks.tensorboard import TensorBoard
from keras_gan.callbacks.text_snapshots import TextSnapshots
from keras_gan.callbacks.throughput import Throughput
from keras_gan.callbacks.write_film import write_film

__all__ = [
    "AudioSnapshots",
    "Checkpoint",
    "ClipSnapshots",
    "Evaluate",
    "ImageSnapshots",
    "LossCurves",
    "Progress",
    "TensorBoard",
    "TextSnapshots",
    "Throughput",
    "TrainingDiverged",
    "TrainingHealth",
    "image_grid",
    "write_film",
]
