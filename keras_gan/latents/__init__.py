"""Tools that explore a trained generator: paths, truncation, mixed styles, projections and directions.

Of a model with an encoder, they also work on the codes of real images, `model.encode(images)`.
"""

from keras_gan.latents.attribute_vectors import attribute_vectors
from keras_gan.latents.directions import directions
from keras_gan.latents.interpolate import interpolate
from keras_gan.latents.pictures import (
    direction_grid,
    interpolation_grid,
    mixing_grid,
    projection_grid,
    truncation_grid,
)
from keras_gan.latents.project import Projection, project
from keras_gan.latents.style_space import StyleSpace
from keras_gan.latents.truncated_latents import truncated_latents
from keras_gan.latents.walk import walk
from keras_gan.latents.write_walk import write_walk

__all__ = [
    "Projection",
    "StyleSpace",
    "attribute_vectors",
    "direction_grid",
    "directions",
    "interpolate",
    "interpolation_grid",
    "mixing_grid",
    "project",
    "projection_grid",
    "truncated_latents",
    "truncation_grid",
    "walk",
    "write_walk",
]
