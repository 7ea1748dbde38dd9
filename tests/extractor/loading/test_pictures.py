"""Picture files become RGB pages as a person sees them, whatever their format, mode, depth and orientation."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pillow_heif
import pytest
from PIL import Image, ImageOps

from extractor.errors import BrokenFile, LimitExceeded, UsageError
from extractor.loading import Limits, load
from extractor.loading.limits import PAGE_PIXELS
from extractor.types import ImageArray
from tests.extractor.loading.makers import encoded, noise, receipt

RED, WHITE, BLUE = (255, 0, 0), (255, 255, 255), (0, 0, 255)


def pages(source: object, **options: object) -> list[ImageArray]:
    with load(source, **options) as document:  # type: ignore[arg-type]
        return [page.image for page in document.pages()]


def only_page(source: object, **options: object) -> ImageArray:
    (image,) = pages(source, **options)
    return image


def heic(image: Image.Image, orientation: int = 1) -> bytes:
    """A file as telephones write it: the container asks for a turn, and the EXIF data repeat it."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    buffer = io.BytesIO()
    pillow_heif.encode(
        image.mode,
        image.size,
        image.tobytes(),
        buffer,
        quality=95,
        exif=exif.tobytes(),
    )
    return buffer.getvalue()


def assert_is_receipt(image: ImageArray, tolerance: int = 60) -> None:
    height, width = image.shape[:2]
    for (y, x), colour in {(0.2, 0.2): RED, (0.2, 0.8): WHITE, (0.97, 0.5): BLUE}.items():
        seen = image[int(y * height), int(x * width)].astype(int)
        assert np.abs(seen - colour).max() <= tolerance, (y, x, seen)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WebP", "BMP", "GIF"])
def test_every_format_is_read(kind: str) -> None:
    image = only_page(encoded(receipt(), kind))

    assert image.shape == (90, 60, 3)
    assert image.dtype == np.uint8
    assert image.flags.c_contiguous
    assert_is_receipt(image)


def test_heic_is_read() -> None:
    assert_is_receipt(only_page(heic(receipt(64, 96))))


def test_reading_heic_leaves_pillow_as_it_was() -> None:
    known = set(Image.registered_extensions())
    only_page(heic(receipt(64, 96)))
    assert set(Image.registered_extensions()) == known


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WebP", "TIFF", "HEIC"])
def test_exif_orientation_is_undone(kind: str, orientation: int) -> None:
    upright = receipt(64, 96)
    turned_back = {1: None, 2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}[orientation]  # Image.Transpose of the inverse
    stored = upright if turned_back is None else upright.transpose(Image.Transpose(turned_back))
    exif = Image.Exif()
    exif[0x0112] = orientation
    if kind == "HEIC":
        data = heic(stored, orientation)
    elif kind == "TIFF":
        data = encoded(stored, kind, tiffinfo={0x0112: orientation})
    else:
        data = encoded(stored, kind, exif=exif)

    image = only_page(data)

    assert image.shape == (96, 64, 3)
    assert_is_receipt(image)


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
def test_broken_exif_data_are_ignored() -> None:
    data = encoded(receipt(), "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\xff")
    assert_is_receipt(only_page(data))


def test_every_page_of_a_tiff_is_read_in_order() -> None:
    shades = [Image.new("L", (20 + n, 30), 40 * n) for n in range(4)]
    images = pages(encoded(shades[0], "TIFF", save_all=True, append_images=shades[1:]))

    assert [image.shape[1] for image in images] == [20, 21, 22, 23]
    assert [int(image.max()) for image in images] == [0, 40, 80, 120]


def test_previews_in_a_tiff_are_no_pages() -> None:
    buffer = io.BytesIO()
    small = receipt(12, 18)
    small.encoderinfo = {"tiffinfo": {254: 1}}
    receipt().save(buffer, "TIFF", save_all=True, append_images=[small])

    assert [image.shape for image in pages(buffer.getvalue())] == [(90, 60, 3)]


@pytest.mark.parametrize("kind", ["GIF", "WebP", "PNG"])
def test_animations_give_their_first_frame(kind: str) -> None:
    other = Image.new("RGB", (60, 90), "black")
    image = only_page(encoded(receipt(), kind, save_all=True, append_images=[other]))
    assert_is_receipt(image)


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_transparent_parts_are_white(mode: str) -> None:
    inked = Image.new("RGBA", (20, 20), (0, 0, 0, 0))
    inked.paste((0, 0, 0, 255), (0, 0, 10, 20))

    image = only_page(encoded(inked.convert(mode), "PNG"))

    assert tuple(image[10, 5]) == (0, 0, 0)
    assert tuple(image[10, 15]) == WHITE


def test_a_colour_marked_as_transparent_is_white() -> None:
    data = encoded(Image.new("RGB", (8, 8), (10, 20, 30)), "PNG", transparency=(10, 20, 30))
    assert np.all(only_page(data) == 255)


@pytest.mark.parametrize("mode", ["1", "L", "P", "CMYK", "YCbCr"])
def test_modes_without_alpha_become_rgb(mode: str) -> None:
    kind = "TIFF" if mode in ("CMYK", "YCbCr") else "PNG"
    source = receipt(mode=mode)
    image = only_page(encoded(source, kind))
    np.testing.assert_allclose(image, np.asarray(source.convert("RGB")), atol=2)


def test_cmyk_jpegs_are_not_inverted() -> None:
    assert_is_receipt(only_page(encoded(receipt(mode="CMYK"), "JPEG")), tolerance=80)


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
@pytest.mark.parametrize("top", [4095, 65535])
def test_deep_greys_keep_their_contrast(kind: str, top: int) -> None:
    ramp = np.linspace(0, top, 256).astype(np.uint16).reshape(16, 16)
    image = only_page(encoded(Image.fromarray(ramp), kind))
    np.testing.assert_allclose(image[:, :, 0].ravel(), np.arange(256), atol=1)


@pytest.mark.parametrize("values", [np.linspace(0, 1, 256), np.linspace(0, 255, 256)])
def test_fractions_are_scaled_to_bytes(values: np.ndarray) -> None:
    data = encoded(Image.fromarray(values.astype(np.float32).reshape(16, 16)), "TIFF")
    np.testing.assert_allclose(only_page(data)[:, :, 1].ravel(), np.arange(256), atol=1)


@pytest.mark.parametrize("size", [(1, 1), (1, 4000), (5000, 2)])
def test_tiny_and_elongated_pictures_are_pages(size: tuple[int, int]) -> None:
    assert only_page(encoded(Image.new("RGB", size, "white"), "PNG")).shape == (size[1], size[0], 3)


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_huge_pictures_are_scaled_down(kind: str) -> None:
    image = only_page(encoded(receipt(4800, 7200, "L"), kind))

    height, width = image.shape[:2]
    assert 0.9 * PAGE_PIXELS <= width * height <= PAGE_PIXELS
    assert height / width == pytest.approx(1.5, abs=0.001)
    assert np.all(image[-height // 20] < 60)


class TestDamage:
    """A picture cut off shows what is left of it, with a warning; too little of it is an error."""

    @pytest.mark.parametrize("options", [{}, {"progressive": True}])
    def test_most_of_a_jpeg_is_read(self, options: dict[str, bool]) -> None:
        data = encoded(noise(), "JPEG", quality=90, **options)
        whole = only_page(data)

        with load(data[: len(data) * 4 // 5]) as document:
            (page,) = document.pages()
            assert [warning.code for warning in document.warnings] == ["truncated_image"]

        assert page.image.shape == whole.shape
        assert np.abs(page.image[:130].astype(int) - whole[:130]).mean() < 8
        if not options:
            assert np.all(page.image[-5:] == 255)

    def test_most_of_a_png_is_read(self) -> None:
        data = encoded(noise(), "PNG")
        whole = only_page(data)

        with load(data[: len(data) * 4 // 5]) as document:
            (page,) = document.pages()
            assert [warning.code for warning in document.warnings] == ["truncated_image"]

        assert np.array_equal(page.image[:200], whole[:200])
        assert np.all(page.image[-5:] == 255)

    def test_a_damaged_picture_keeps_its_orientation(self) -> None:
        exif = Image.Exif()
        exif[0x0112] = 6
        data = encoded(noise(), "JPEG", exif=exif)
        assert only_page(data[: len(data) * 4 // 5]).shape == (200, 300, 3)

    @pytest.mark.parametrize("kind", ["JPEG", "PNG"])
    def test_a_quarter_is_too_little(self, kind: str) -> None:
        data = encoded(noise(), kind)
        with load(data[: len(data) // 4]) as document, pytest.raises(BrokenFile, match="too little") as caught:
            list(document.pages())
        assert caught.value.code == "broken_image"

    @pytest.mark.parametrize("kind", ["WebP", "GIF", "BMP"])
    def test_other_formats_are_broken_when_cut(self, kind: str) -> None:
        data = encoded(noise(), kind)
        with pytest.raises(BrokenFile) as caught:
            pages(data[: len(data) // 2])
        assert caught.value.code == "broken_image"

    def test_a_broken_page_of_a_tiff_does_not_hide_the_others(self) -> None:
        data = encoded(noise(), "TIFF", save_all=True, append_images=[noise()], compression="tiff_adobe_deflate")
        with Image.open(io.BytesIO(data)) as image:
            image.seek(1)
            start = image.tag_v2[273][0]
        broken = data[:start] + b"\0" * 400 + data[start + 400 :]

        with load(broken) as document:
            read = [page.index for page in document.pages()]
            codes = [warning.code for warning in document.warnings]

        assert read == [0]
        assert codes == ["broken_page"]


class TestBombs:
    """What would unpack to too much is refused from its header."""

    @staticmethod
    def png(width: int, height: int, chunks: bytes = b"") -> bytes:
        header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
        rows = zlib.compress(b"\0" * (1 + 3 * min(width, 100)) * min(height, 100))
        return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunks + chunk(b"IDAT", rows) + chunk(b"IEND", b"")

    @pytest.mark.parametrize("size", [(9_000, 9_000), (60_000, 60_000), (2**31 - 1, 2**31 - 1)])
    def test_a_png_bomb_is_refused(self, size: tuple[int, int]) -> None:
        with pytest.raises(LimitExceeded) as caught:
            load(self.png(*size))
        assert caught.value.code == "too_many_pixels"

    @pytest.mark.parametrize(
        ("name", "start"), [(b"zTXt", b"Comment\0\0"), (b"iCCP", b"profile\0\0"), (b"iTXt", b"Comment\0\1\0\0\0")]
    )
    def test_metadata_that_unpack_hugely_are_refused(self, name: bytes, start: bytes) -> None:
        bomb = chunk(name, start + zlib.compress(b"\0" * 20_000_000, 9))
        with pytest.raises(LimitExceeded) as caught:
            pages(self.png(10, 10, bomb))
        assert caught.value.code == "too_many_bytes"

    @pytest.mark.parametrize("mark", ["VP8X", "VP8L", "VP8 "])
    def test_a_webp_bomb_is_refused_before_pillow_sees_it(self, mark: str, monkeypatch: pytest.MonkeyPatch) -> None:
        body = {
            "VP8X": b"\0" * 4 + (16382).to_bytes(3, "little") * 2 + b"\0" * 10,
            "VP8L": b"\x2f" + (16382 | 16382 << 14).to_bytes(4, "little") + b"\0" * 10,
            "VP8 ": b"\0\0\0\x9d\x01\x2a" + (16383).to_bytes(2, "little") * 2 + b"\0" * 10,
        }[mark]
        data = b"RIFF\0\0\0\0WEBP" + mark.encode() + len(body).to_bytes(4, "little") + body
        monkeypatch.setattr(Image, "open", lambda *_, **__: pytest.fail("the picture was opened"))
        with pytest.raises(LimitExceeded) as caught:
            load(data)
        assert caught.value.code == "too_many_pixels"

    @pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WebP", "BMP", "GIF", "HEIC"])
    def test_the_limit_holds_for_every_format(self, kind: str) -> None:
        picture = receipt(64, 96)
        data = heic(picture) if kind == "HEIC" else encoded(picture, kind)
        with pytest.raises(LimitExceeded) as caught:
            load(data, limits=Limits(max_pixels=64 * 96 - 1))
        assert caught.value.code == "too_many_pixels"
        assert only_page(data, limits=Limits(max_pixels=64 * 96)).shape == (96, 64, 3)

    def test_the_limit_holds_for_later_pages_of_a_tiff(self) -> None:
        data = encoded(receipt(10, 10), "TIFF", save_all=True, append_images=[receipt(100, 100)])
        with pytest.raises(LimitExceeded):
            load(data, limits=Limits(max_pixels=5_000))

    def test_a_tiff_of_too_many_pages_is_refused(self) -> None:
        page = Image.new("1", (4, 4))
        data = encoded(page, "TIFF", save_all=True, append_images=[page] * 5)
        assert len(pages(data, limits=Limits(max_pages=6))) == 6
        with pytest.raises(LimitExceeded, match="at most 5") as caught:
            load(data, limits=Limits(max_pages=5))
        assert caught.value.code == "too_many_pages"

    def test_pillows_own_settings_stay_as_they_are(self) -> None:
        from PIL import ImageFile

        before = Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES
        data = encoded(noise(), "JPEG")
        pages(data[: len(data) * 4 // 5])
        assert before == (Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES)


class TestPicturesInMemory:
    @pytest.mark.parametrize(
        "shape", [(30, 20), (30, 20, 1), (30, 20, 3), (30, 20, 4)], ids=["grey", "one channel", "rgb", "rgba"]
    )
    def test_arrays_are_pages(self, shape: tuple[int, ...]) -> None:
        image = only_page(np.full(shape, 255, dtype=np.uint8))
        assert image.shape == (30, 20, 3)
        assert np.all(image == 255)

    def test_arrays_of_other_types_are_scaled(self) -> None:
        ramp = np.linspace(0, 65535, 256).reshape(16, 16)
        expected = np.arange(256)
        np.testing.assert_allclose(only_page(ramp.astype(np.uint16))[:, :, 0].ravel(), expected, atol=1)
        np.testing.assert_allclose(only_page(ramp / 65535)[:, :, 0].ravel(), expected, atol=1)
        assert only_page(np.eye(4, dtype=bool))[0, 0, 0] == 255

    @pytest.mark.parametrize("array", [np.zeros(5), np.zeros((4, 4, 2)), np.zeros((0, 4, 3)), np.array([["a", "b"]])])
    def test_other_arrays_are_a_wrong_call(self, array: np.ndarray) -> None:
        with pytest.raises(UsageError, match="no picture"):
            load(array)

    def test_the_array_given_is_neither_kept_nor_changed(self) -> None:
        array = np.full((30, 20, 3), 200, dtype=np.uint8)
        image = only_page(array)
        image[:] = 0
        assert np.all(array == 200)

    def test_pillow_pictures_are_turned_and_stay_open(self) -> None:
        exif = Image.Exif()
        exif[0x0112] = 3
        data = encoded(receipt(64, 96).transpose(Image.Transpose.ROTATE_180), "JPEG", exif=exif)
        with Image.open(io.BytesIO(data)) as picture:
            assert_is_receipt(only_page(picture))
            assert ImageOps.exif_transpose(picture).size == (64, 96)

    def test_equal_pictures_have_equal_hashes(self) -> None:
        digests = {load(picture).sha256 for picture in (receipt(), np.asarray(receipt()))}
        assert len(digests) == 1
        assert load(receipt(61)).sha256 not in digests

    def test_other_things_are_a_wrong_call(self) -> None:
        with pytest.raises(UsageError, match="no document"):
            load(42)  # type: ignore[arg-type]


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
