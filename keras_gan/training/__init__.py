"""The engine: players and what they minimise. It does not know particular networks, images or formulas.

For a model of your own, subclass `AdversarialModel`, give it a `Player` for each optimizer, and write `train_step`.
"""

from keras_gan.training._saving import load_model
from keras_gan.training.adversarial_model import AdversarialModel
from keras_gan.training.critic import Critic, Verdict
from keras_gan.training.fields import Field
from keras_gan.training.game import Game
from keras_gan.training.interface import Interface
from keras_gan.training.player import Player
from keras_gan.training.sampler import Sampler

__all__ = [
    "AdversarialModel",
    "Critic",
    "Field",
    "Game",
    "Interface",
    "Player",
    "Sampler",
    "Verdict",
    "load_model",
]
