"""Preprocessing and augmentation, batches of images at a time, on the device (thesis appendix A).

Pixels / 255 minus the training set's mean image. Some data sets (CIFAR): besides, each image is
standardised, and training images are cropped, mirrored and varied in contrast before that.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

PADDING = 4
CONTRAST = (0.2, 1.8)


def centre(images: Tensor, mean_image: Tensor) -> Tensor:
    """Uint8 images (batch, channels, height, width) to floats in [0, 1] minus the mean image."""
    return images.float().div_(255).sub_(mean_image)


def augment(images: Tensor, generator: torch.Generator) -> Tensor:
    """Crop, mirror and vary the contrast of each image by draws of its own.

    Parameters
    ----------
    images
        (batch, channels, height, width), float.
    generator
        On the images' device.

    Returns
    -------
    Images of the same shape: padded by 4 zeros on each side and cropped at random; mirrored with
    probability 1/2; each channel's deviation from its mean scaled by a factor from U(0.2, 1.8).
    """
    batch, _, height, width = images.shape
    device = images.device

    def draw(*shape: int) -> Tensor:
        return torch.rand(shape, generator=generator, device=device)

    corners = (draw(2, batch) * (2 * PADDING + 1)).long()
    rows = corners[0][:, None] + torch.arange(height, device=device)
    columns = corners[1][:, None] + torch.arange(width, device=device)
    mirrored = draw(batch) < 0.5
    columns = torch.where(mirrored[:, None], columns.flip(1), columns)

    padded = F.pad(images, [PADDING] * 4).permute(0, 2, 3, 1)
    which = torch.arange(batch, device=device)[:, None, None]
    cropped = padded[which, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)

    low, high = CONTRAST
    factors = low + (high - low) * draw(batch)
    means = cropped.mean(dim=(2, 3), keepdim=True)
    return means + (cropped - means) * factors[:, None, None, None]


def standardise(images: Tensor) -> Tensor:
    """Give each image mean 0 and variance 1; the deviation counts as 1 / sqrt(pixels) at least."""
    pixels = images[0].numel()
    deviation, mean = torch.std_mean(images, dim=(1, 2, 3), correction=0, keepdim=True)
    return (images - mean) / deviation.clamp(min=pixels**-0.5)


def prepare(
    images: Tensor,
    mean_image: Tensor,
    standardised: bool,
    augmentation: torch.Generator | None = None,
) -> Tensor:
    """Everything between the uint8 images of a data set and a network's input."""
    x = centre(images, mean_image)
    if augmentation is not None:
        x = augment(x, augmentation)
    x = standardise(x) if standardised else x
    return x.contiguous(memory_format=torch.channels_last)  # as networks.layers has it
