"""Opening a PDF as a stream, and telling why where it can't be opened."""

from __future__ import annotations

import ctypes
import os
from typing import Any, BinaryIO

import pypdfium2
import pypdfium2.raw as pdfium

from extractor.errors import BrokenFile, PasswordNeeded


class FileAccess:
    """Lets pdfium read a stream piece by piece; it must live, and the stream stay open, as long as the PDF does."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.access = pdfium.FPDF_FILEACCESS()
        self.access.m_FileLen = stream.seek(0, os.SEEK_END)
        self.access.m_GetBlock = type(self.access.m_GetBlock)(self._block)

    def _block(self, _: Any, position: int, buffer: Any, size: int) -> int:
        try:
            self._stream.seek(position)
            data = self._stream.read(size)
        except (OSError, ValueError):  # an exception can't pass through pdfium; 0 tells it that reading failed
            return 0
        if len(data) != size:
            return 0
        ctypes.memmove(buffer, data, size)
        return 1


def open_pdf(file: FileAccess, name: str, password: str | None) -> pypdfium2.PdfDocument:
    """The open document, with at least one page. Raises PasswordNeeded or BrokenFile.

    pdfium's loader is called directly: pypdfium2's takes a PDF without pages for one that can't be loaded, and then
    reports the reason of whichever load failed before.
    """
    try:
        secret = password.encode() + b"\0" if password else None
    except UnicodeEncodeError:
        secret = b"\0"  # no password has such characters
    handle = pdfium.FPDF_LoadCustomDocument(file.access, secret)
    if not handle:
        raise _refusal(pdfium.FPDF_GetLastError(), name, password)
    if pdfium.FPDF_GetPageCount(handle) < 1:
        pdfium.FPDF_CloseDocument(handle)
        raise BrokenFile(f"{name} is a PDF without pages.", code="no_pages", hint="Save or print the PDF again.")
    return pypdfium2.PdfDocument(handle)


def _refusal(code: int, name: str, password: str | None) -> BrokenFile | PasswordNeeded:
    if code == pdfium.FPDF_ERR_PASSWORD and password:
        return PasswordNeeded(
            f"The password given doesn't open {name}.", code="wrong_password", hint="Give the right password."
        )
    if code == pdfium.FPDF_ERR_PASSWORD:
        return PasswordNeeded(f"{name} is protected by a password.", hint="Give it with --password.")
    if code == pdfium.FPDF_ERR_SECURITY:
        return PasswordNeeded(f"{name} is protected in a way that can't be opened.", hint="Save it without protection.")
    return BrokenFile(
        f"{name} is a damaged PDF that can't be opened.", code="broken_pdf", hint="Save or print the PDF again."
    )
