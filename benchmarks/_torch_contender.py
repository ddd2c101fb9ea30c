"""PyTorch's half of the comparison: eager, channels last, one pass of the generator for both players."""

import time

import torch
from _torch_nets import build
from torch.nn import functional


class Torch:
    """A training loop as PyTorch users write it, with the same steps as in this package."""

    def __init__(self, case, bfloat16, jit_compile):  # noqa: ARG002 - eager alone
        torch.manual_seed(0)
        self.case, self.bfloat16 = case, bfloat16
        self.generator, self.discriminator = build(case)
        self.optimizers = [
            torch.optim.Adam(player.parameters(), case.learning_rate, case.betas, eps=1e-8, fused=True)
            for player in (self.generator, self.discriminator)
        ]
        self.parameters = [
            sum(parameter.numel() for parameter in player.parameters())
            for player in (self.generator, self.discriminator)
        ]
        shape = (case.images_per_step, 3, case.image_size, case.image_size)
        images = torch.rand(shape) * 2 - 1
        self.images = images.to(memory_format=torch.channels_last)

    def run(self, num_steps):
        """Train so many steps; the seconds of each."""
        seconds = []
        for _ in range(num_steps):
            start = time.perf_counter()
            self.step()
            seconds.append(time.perf_counter() - start)
        return seconds

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

    def autocast(self):
        """Bfloat16 where the case asks for it."""
        return torch.autocast("cpu", torch.bfloat16, enabled=self.bfloat16)

    @staticmethod
    def matrix_product(size, bfloat16):
        """A function that multiplies two matrices of this size and waits for the result."""
        matrix = torch.randn(size, size).to(torch.bfloat16 if bfloat16 else torch.float32)
        return lambda: (matrix @ matrix)[0, 0].item()
