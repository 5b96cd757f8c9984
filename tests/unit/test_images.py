"""Preprocessing and augmentation say what thesis section 4 says."""

import pytest
import torch

from associated_learning.data import images


@pytest.fixture
def batch():
    return torch.rand(32, 3, 32, 32, generator=torch.Generator().manual_seed(0))


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def test_centre_scales_to_one_and_subtracts_the_mean_image():
    x = torch.tensor([[[[0, 51, 255]]]], dtype=torch.uint8)
    mean = torch.tensor([[[0.0, 0.1, 0.5]]])
    assert torch.allclose(images.centre(x, mean), torch.tensor([[[[0.0, 0.1, 0.5]]]]))
    assert x.dtype == torch.uint8 and x.max() == 255  # the data set itself is left alone


def test_standardised_images_have_mean_zero_and_variance_one(batch):
    x = images.standardise(batch * 7 + 3)
    assert torch.allclose(x.mean((1, 2, 3)), torch.zeros(32), atol=1e-5)
    assert torch.allclose(x.var((1, 2, 3), correction=0), torch.ones(32), atol=1e-4)


def test_a_flat_image_stays_finite():
    assert images.standardise(torch.full((1, 3, 32, 32), 0.3)).isfinite().all()


def test_an_augmented_image_is_a_crop_of_the_padded_one_maybe_mirrored(batch, monkeypatch):
    monkeypatch.setattr(images, "CONTRAST", (1.0, 1.0))
    out = images.augment(batch, generator())
    padded = torch.nn.functional.pad(batch, [4] * 4)
    seen = set()
    for image, source in zip(out, padded, strict=True):
        found = [
            (row, column, mirrored)
            for row in range(9)
            for column in range(9)
            for mirrored in (False, True)
            if torch.allclose(
                image.flip(2) if mirrored else image,
                source[:, row : row + 32, column : column + 32],
                atol=1e-6,
            )
        ]
        assert len(found) == 1
        seen.add(found[0])
    assert len(seen) > 16  # draws of their own for each image


def test_contrast_scales_each_channel_about_its_mean(batch, monkeypatch):
    monkeypatch.setattr(images, "PADDING", 0)
    out = images.augment(batch, generator())
    low, high = 0.2, 1.8
    factors = []
    for image, source in zip(out, batch, strict=True):
        spread = image.std((1, 2)) / source.std((1, 2))
        assert torch.allclose(spread, spread[0].expand(3), atol=1e-4)
        assert torch.allclose(image.mean((1, 2)), source.mean((1, 2)), atol=1e-4)
        factors.append(spread[0].item())
    assert low <= min(factors) < 0.6 and 1.4 < max(factors) <= high
    assert len({round(factor, 4) for factor in factors}) == 32


def test_mirroring_and_crops_are_evenly_spread(monkeypatch):
    monkeypatch.setattr(images, "CONTRAST", (1.0, 1.0))
    ramp = torch.arange(32.0).expand(1, 32, 32).repeat(4000, 1, 1, 1) + 1
    out = images.augment(ramp, generator())
    mirrored = (out[:, 0, 16, 20] < out[:, 0, 16, 12]).float().mean().item()
    assert mirrored == pytest.approx(0.5, abs=0.03)
    empty_top = (out[:, 0, 0].amax(1) == 0).float().mean().item()
    assert empty_top == pytest.approx(4 / 9, abs=0.03)


def test_the_same_generator_gives_the_same_images(batch):
    assert torch.equal(images.augment(batch, generator(3)), images.augment(batch, generator(3)))
    assert not torch.equal(images.augment(batch, generator(3)), images.augment(batch, generator(4)))


@pytest.mark.parametrize("channels", [1, 3])
def test_what_a_network_is_fed_with_lies_with_channels_last(channels):
    some = torch.randint(256, (4, channels, 16, 16), dtype=torch.uint8)
    mean = torch.zeros(channels, 16, 16)
    for generator in (None, torch.Generator().manual_seed(0)):
        x = images.prepare(some, mean, False, generator)
        assert x.is_contiguous(memory_format=torch.channels_last)
