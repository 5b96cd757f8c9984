"""AL whose target path is trained alone before the first image (ours)."""

import time

import torch
from torch import Tensor

from associated_learning.errors import TrainingError
from associated_learning.methods.associated import AssociatedNetwork
from associated_learning.training.step import Adam

MOST_STEPS = 20_000


class TargetFirstNetwork(AssociatedNetwork):
    """The target path sees no image: its losses depend on the C one-hot vectors alone."""

    def before_training(self, device: torch.device, name: str) -> dict[str, float]:
        """Train the target path until it decodes: full batches of C vectors, Adam at 1e-3.

        It ends when, looked at every 100 steps, every prefix decodes every class to itself, with
        more than one half at its own place.

        Returns
        -------
        Steps taken and seconds.

        Raises
        ------
        TrainingError
            It does not decode after `MOST_STEPS`.
        """
        started = time.monotonic()
        targets = self.targets(torch.arange(self.classes, device=device))
        params = list(self.target_parameters())
        optimiser = Adam([{"params": params, "learning_rate": 1e-3, "weight_decay": 0.0}])
        for step in range(1, MOST_STEPS + 1):
            t, losses = targets, []
            for component in self.components:
                loss, t = component.inverse_loss(t)
                losses.append(loss)
            sum(losses).backward()
            optimiser.step()
            if step % 100 == 0 and self._decodes(targets):
                return {"steps": step, "seconds": time.monotonic() - started}
        raise TrainingError(
            f"{name}: after {MOST_STEPS} steps the target path alone does not decode its "
            f"{self.classes} classes. A larger target width (--target-width) may help"
        )

    @torch.inference_mode()
    def _decodes(self, targets: Tensor) -> bool:
        t = targets
        for k, component in enumerate(self.components, start=1):
            t = component.encoder(t)
            decoded = self._decode(t, k)
            right = decoded.argmax(1) == targets.argmax(1)
            if not (right & (decoded.diagonal() > 0.5)).all():
                return False
        return True
