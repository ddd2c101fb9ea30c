"""PyTorch's half of the comparison: eager, channels last, one pass of the generator for both players."""

import itertools
import random
import time

import torch
from _torch_nets import build
from torch.nn import functional


def contender_of(case, bfloat16, jit_compile):  # noqa: ARG001 - eager alone
    """The training loop of a case."""
    return (TorchCycleGAN if case.loss == "cycle" else Torch)(case, bfloat16)


class TorchLoop:
    """A training loop as PyTorch users write it, with the same steps as in this package."""

    def __init__(self, case, bfloat16):
        torch.manual_seed(0)
        self.case, self.bfloat16 = case, bfloat16
        self.generator, self.discriminator = build(case)
        self.parameters = [
            sum(parameter.numel() for parameter in network.parameters())
            for network in (self.generator, self.discriminator)
        ]

    def adam(self, *networks):
        """The optimizer of a player."""
        parameters = itertools.chain(*(network.parameters() for network in networks))
        return torch.optim.Adam(parameters, self.case.learning_rate, self.case.betas, eps=1e-8, fused=True)

    def some_images(self):
        """The images of a step."""
        shape = (self.case.images_per_step, 3, self.case.image_size, self.case.image_size)
        return (torch.rand(shape) * 2 - 1).to(memory_format=torch.channels_last)

    def run(self, num_steps):
        """Train so many steps; the seconds of each."""
        seconds = []
        for _ in range(num_steps):
            start = time.perf_counter()
            self.step()
            seconds.append(time.perf_counter() - start)
        return seconds

    def autocast(self):
        """Bfloat16 where the case asks for it."""
        return torch.autocast("cpu", torch.bfloat16, enabled=self.bfloat16)

    @staticmethod
    def matrix_product(size, bfloat16):
        """A function that multiplies two matrices of this size and waits for the result."""
        matrix = torch.randn(size, size).to(torch.bfloat16 if bfloat16 else torch.float32)
        return lambda: (matrix @ matrix)[0, 0].item()


class Torch(TorchLoop):
    """A GAN."""

    def __init__(self, case, bfloat16):
        super().__init__(case, bfloat16)
        self.optimizers = [self.adam(player) for player in (self.generator, self.discriminator)]
        self.images = self.some_images()

    def step(self):
        """The discriminator's steps, then the generator's on the images of the last of them; returns the losses."""
        *batches, last = self.images.split(self.case.batch_size)
        for real in batches:
            with torch.no_grad():
                fake = self.fakes()
            self.update_discriminator(real, fake)
        fake = self.fakes()
        d_loss = self.update_discriminator(last, fake.detach())
        return d_loss.item(), self.update_generator(fake).item()

    def fakes(self):
        """A batch of generated images, float32."""
        with self.autocast():
            return self.generator(torch.randn(self.case.batch_size, self.case.latent_dim)).float()

    def update_discriminator(self, real, fake):
        """One step of the discriminator's optimizer."""
        real_logits, fake_logits = self.judge(real), self.judge(fake)
        loss = self.discriminator_loss(real_logits, fake_logits)
        total = loss + 10.0 * self.gradient_penalty(real, fake) if self.case.loss == "wasserstein_gp" else loss
        self.optimizers[1].zero_grad(set_to_none=True)
        total.backward()
        self.optimizers[1].step()
        return loss

    def update_generator(self, fake):
        """One step of the generator's optimizer; no gradient is taken for the discriminator's weights."""
        self.discriminator.requires_grad_(False)
        loss = self.generator_loss(self.judge(fake))
        self.optimizers[0].zero_grad(set_to_none=True)
        loss.backward()
        self.optimizers[0].step()
        self.discriminator.requires_grad_(True)
        return loss

    def judge(self, images):
        """The logits of a batch, float32."""
        with self.autocast():
            return self.discriminator(images).float()

    def gradient_penalty(self, real, fake):
        """The penalty at images between the real and the fake ones."""
        epsilon = torch.rand(len(real), 1, 1, 1)
        between = (fake + epsilon * (real - fake)).requires_grad_(True)
        (gradient,) = torch.autograd.grad(self.judge(between).sum(), between, create_graph=True)
        return ((gradient.flatten(1).norm(dim=1) - 1.0) ** 2).mean()

    def discriminator_loss(self, real, fake):
        """The discriminator's loss."""
        if self.case.loss == "non_saturating":
            return functional.softplus(-real).mean() + functional.softplus(fake).mean()
        if self.case.loss == "hinge":
            return functional.relu(1 - real).mean() + functional.relu(1 + fake).mean()
        return fake.mean() - real.mean()

    def generator_loss(self, fake):
        """The generator's loss."""
        return functional.softplus(-fake).mean() if self.case.loss == "non_saturating" else -fake.mean()


class TorchCycleGAN(TorchLoop):
    """A CycleGAN: the translators' step, then the discriminators' on translations from the pools."""

    def __init__(self, case, bfloat16):
        super().__init__(case, bfloat16)
        self.back, self.source_discriminator = build(case)
        self.optimizers = [
            self.adam(self.generator, self.back),
            self.adam(self.discriminator, self.source_discriminator),
        ]
        self.source, self.target = self.some_images(), self.some_images()
        self.pools = Pool(), Pool()

    def step(self):
        """Both steps; returns the losses."""
        with self.autocast():
            fake_target, fake_source = self.generator(self.source), self.back(self.target)
            judges = (self.discriminator, self.source_discriminator)
            for judge in judges:
                judge.requires_grad_(False)
            loss = self.translator_loss(fake_target, fake_source)
        self.update(0, loss)
        for judge in judges:
            judge.requires_grad_(True)
        pooled = [pool(fake.detach()) for pool, fake in zip(self.pools, (fake_target, fake_source), strict=True)]
        with self.autocast():
            judged = zip(judges, (self.target, self.source), pooled, strict=True)
            d_loss = sum(0.5 * (squares(judge(real), 1.0) + squares(judge(fake), 0.0)) for judge, real, fake in judged)
        self.update(1, d_loss)
        return loss.item(), d_loss.item()

    def translator_loss(self, fake_target, fake_source):
        """What the translators minimise."""
        fooling = squares(self.discriminator(fake_target), 1.0) + squares(self.source_discriminator(fake_source), 1.0)
        distance = functional.l1_loss
        cycle = distance(self.back(fake_target), self.source) + distance(self.generator(fake_source), self.target)
        same = distance(self.generator(self.target), self.target) + distance(self.back(self.source), self.source)
        return fooling + 10.0 * cycle + 5.0 * same

    def update(self, player, loss):
        """A step of a player's optimizer."""
        self.optimizers[player].zero_grad(set_to_none=True)
        loss.backward()
        self.optimizers[player].step()


class Pool:
    """The pool of 50 earlier translations."""

    def __init__(self, size=50):
        self.size, self.images = size, []

    def __call__(self, images):
        """New images, about half of them replaced by earlier ones."""
        return torch.stack([self.exchanged(image) for image in images])

    def exchanged(self, image):
        """An image, or an earlier one that it takes the place of."""
        if len(self.images) < self.size:
            self.images.append(image)
            return image
        if random.random() < 0.5:
            return image
        place = random.randrange(self.size)
        image, self.images[place] = self.images[place], image
        return image


def squares(logits, label):
    """The mean squared distance of logits to a label."""
    return ((logits.float() - label) ** 2).mean()
