"""Corruptions of street camera images: night, glare, rain, fog, blur, noise, compression and colour changes."""

# Needs only NumPy and OpenCV: the training script imports this module in another environment.

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
RAIN_SHADES = 12
"""Number of grey levels of the streaks in one image."""
Corruption = Callable[[Image, np.random.Generator], Image]


class RandomCorruptions:
    """Applies random corruptions to images.

    With probability `share` an image gets up to one corruption of its light and up to one of its lens; independently,
    with probability `paint`, a change of colours. Labels stay valid because nothing moves.
    """

    def __init__(self, share: float, paint: float = 0.0) -> None:
        self.share = share
        self.paint = paint

    def __call__(self, image: Image, random: np.random.Generator) -> Image:
        """Corrupt an image (height, width, 3; BGR, uint8); returns the same image if nothing applies."""
        if random.random() < self.paint:
            image = COLOURS[random.choice(len(COLOURS))](image, random)
        if random.random() >= self.share:
            return image
        light = random.choice(len(LIGHT) + 1)
        if light < len(LIGHT):
            image = LIGHT[light](image, random)
        lens = random.choice(len(LENS) + 1)
        if lens < len(LENS):
            image = LENS[lens](image, random)
        return image


def night(image: Image, random: np.random.Generator) -> Image:
    """Night: darkened by a gamma curve and a gain, tinted by lamps, with the noise of a sensor at high gain."""
    gamma, gain = random.uniform(1.2, 2.4), random.uniform(0.35, 0.8)
    tint = np.array([random.uniform(0.6, 1.1), random.uniform(0.85, 1.0), random.uniform(0.95, 1.15)])
    levels = (np.arange(256) / 255) ** gamma * gain * 255
    table = np.clip(levels[:, None] * tint, 0, 255).astype(np.uint8)[None]
    return noise(np.asarray(cv2.LUT(image, table), np.uint8), random)


def glare(image: Image, random: np.random.Generator) -> Image:
    """Glare: one to four bright lamps with halos."""
    height, width = image.shape[:2]
    light = np.zeros((height // 4 + 1, width // 4 + 1), np.float32)
    for _ in range(random.integers(1, 5)):
        centre = (int(random.integers(light.shape[1])), int(random.integers(light.shape[0])))
        cv2.circle(light, centre, int(random.integers(2, 8)), float(random.uniform(0.6, 1.6)), -1)
    halo = cv2.GaussianBlur(light, (0, 0), float(random.uniform(4, 14)))
    halo = cv2.resize(np.maximum(light * 0.9, halo * 2), (width, height))[..., None]
    return _to_uint8(image + halo * np.array([200.0, 230.0, 255.0], np.float32))


def fog(image: Image, random: np.random.Generator) -> Image:
    """Fog: contrast fades to grey, more towards the top, where the road is farther away."""
    far, near = random.uniform(0.4, 0.8), random.uniform(0.0, 0.3)
    veil = np.linspace(far, near, image.shape[0], dtype=np.float32)[:, None, None]
    return _to_uint8(image * (1 - veil) + random.uniform(150, 220) * veil)


def rain(image: Image, random: np.random.Generator) -> Image:
    """Rain: streaks at one slant, over reduced contrast."""
    height, width = image.shape[:2]
    streaks = np.zeros((height, width), np.uint8)
    length, slant = int(random.integers(8, 28)), random.uniform(-0.4, 0.4)
    heads = random.integers((0, 0), (width, height), (int(random.integers(150, 700)), 2))
    falls = np.stack([heads, heads + np.array([int(slant * length), length])], axis=1).astype(np.int32)
    for some in np.array_split(falls, RAIN_SHADES):
        cv2.polylines(streaks, list(some), isClosed=False, color=int(random.integers(60, 180)))
    flat = image * random.uniform(0.6, 0.9) + random.uniform(10, 40)
    return _to_uint8(flat + cv2.blur(streaks, (2, 2))[..., None] * random.uniform(0.3, 0.8))


def exposure(image: Image, random: np.random.Generator) -> Image:
    """Over- or underexposure, with a wrong white balance."""
    gain = random.uniform(0.5, 1.7) * random.uniform(0.85, 1.15, 3)
    return _to_uint8(image * gain.astype(np.float32) + random.uniform(-25, 25))


def noise(image: Image, random: np.random.Generator) -> Image:
    """Gaussian noise with a standard deviation of 2 to 14 levels."""
    grain = np.empty(image.shape, np.int16)
    cv2.setRNGSeed(int(random.integers(2**31)))
    cv2.randn(grain, np.zeros(3), np.full(3, random.uniform(2, 14)))
    return _to_uint8(image.astype(np.int16) + grain)


def motion_blur(image: Image, random: np.random.Generator) -> Image:
    """Motion blur over 3 to 9 pixels in one direction."""
    length = int(random.integers(3, 10))
    kernel = np.zeros((length, length), np.float32)
    angle = random.uniform(0, np.pi)
    reach = (length - 1) / 2 * np.array([np.cos(angle), np.sin(angle)])
    middle = np.full(2, (length - 1) / 2)
    start, end = (np.round(middle + sign * reach).astype(int) for sign in (-1, 1))
    cv2.line(kernel, (int(start[0]), int(start[1])), (int(end[0]), int(end[1])), 1.0, 1)
    return np.asarray(cv2.filter2D(image, -1, kernel / kernel.sum()), np.uint8)


def defocus(image: Image, random: np.random.Generator) -> Image:
    """Defocus: a lens out of focus, or a drop on it."""
    return np.asarray(cv2.GaussianBlur(image, (0, 0), float(random.uniform(0.6, 2.0))), np.uint8)


def low_resolution(image: Image, random: np.random.Generator) -> Image:
    """An enlarged sub-stream: 0.35 to 0.8 of the pixels in each direction."""
    height, width = image.shape[:2]
    scale = random.uniform(0.35, 0.8)
    small = cv2.resize(image, (int(width * scale), int(height * scale)), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)


def compression(image: Image, random: np.random.Generator) -> Image:
    """Block artefacts of an encoder with a low bit rate."""
    _, packed = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, int(random.integers(12, 50))])
    return np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR), np.uint8)


def hue_shift(image: Image, random: np.random.Generator) -> Image:
    """Rotate all hues: buses are green in one city and red in another, and a red lorry is not a bus."""
    hsv = cv2.cvtColor(image, cv2.COLOR_BGR2HSV)
    hsv[..., 0] = (hsv[..., 0].astype(np.int16) + int(random.integers(20, 160))) % 180
    return np.asarray(cv2.cvtColor(hsv, cv2.COLOR_HSV2BGR), np.uint8)


def swapped_channels(image: Image, random: np.random.Generator) -> Image:
    """Permute red, green and blue."""
    return np.ascontiguousarray(image[..., random.permutation(3)])


def greyscale(image: Image, _: np.random.Generator) -> Image:
    """Remove colours, as an infrared camera at night does."""
    return np.asarray(cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR), np.uint8)


def change_aspect(image: Image, random: np.random.Generator) -> Image:
    """Make the image narrower (in most cases) or flatter, as sub-streams do that send 16:9 as 4:3 or 1:1."""
    height, width = image.shape[:2]
    by = random.uniform(0.5, 1.0)
    size = (max(1, round(width * by)), height) if random.random() < 0.8 else (width, max(1, round(height * by)))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_LINEAR), np.uint8)


def _to_uint8(values: NDArray[np.generic]) -> Image:
    return np.asarray(np.clip(values, 0, 255), np.uint8)


LIGHT: tuple[Corruption, ...] = (night, glare, fog, rain, exposure)
LENS: tuple[Corruption, ...] = (noise, motion_blur, defocus, low_resolution, compression)
COLOURS: tuple[Corruption, ...] = (hue_shift, swapped_channels, greyscale)
