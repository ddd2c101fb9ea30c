"""What happens beside training: pictures of the samples, curves of the losses, the speed."""

from keras_gan.callbacks.image_grid import image_grid
from keras_gan.callbacks.image_snapshots import ImageSnapshots
from keras_gan.callbacks.loss_curves import LossCurves
from keras_gan.callbacks.throughput import Throughput

__all__ = ["ImageSnapshots", "LossCurves", "Throughput", "image_grid"]
