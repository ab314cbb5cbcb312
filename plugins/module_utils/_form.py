# Copyright (c) 2026, the selfhosted.llm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: it may change at any time.

"""A form with a file, as a browser sends it, whose file is read while it is sent."""

from __future__ import annotations

import io
import mimetypes
import os
import secrets
import typing as t

# Without the files of the machine at hand, so that a document is the same everywhere. Python learned of these two late.
TYPES = {**mimetypes.MimeTypes().types_map[True], ".md": "text/markdown", ".epub": "application/epub+zip"}
UNKNOWN_TYPE = "application/octet-stream"


class Form:
    """The body of a request: `fields`, then `content` as a file called `name`.

    It has a length, so that nobody on the way has to keep all of it to know how much there is.
    """

    def __init__(self, fields: t.Mapping[str, str], name: str, content: t.BinaryIO) -> None:
        boundary = secrets.token_hex(16)
        self.content_type = f"multipart/form-data; boundary={boundary}"
        self._name = name
        self._left = os.fstat(content.fileno()).st_size
        text = "".join(
            f'--{boundary}\r\nContent-Disposition: form-data; name="{field}"\r\n\r\n{value}\r\n'
            for field, value in fields.items()
        )
        text += (
            f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{quoted(name)}"\r\n'
            f"Content-Type: {content_type(name)}\r\n\r\n"
        )
        head, tail = text.encode(), f"\r\n--{boundary}--\r\n".encode()
        self._length = len(head) + self._left + len(tail)
        self._head, self._content, self._tail = io.BytesIO(head), content, io.BytesIO(tail)

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> t.Iterator[bytes]:
        while chunk := self.read(io.DEFAULT_BUFFER_SIZE):
            yield chunk

    def read(self, size: int) -> bytes:
        """At most `size` bytes; none at the end. Raises OSError when the file has become shorter."""
        return self._head.read(size) or self._read_content(size) or self._tail.read(size)

    def _read_content(self, size: int) -> bytes:
        if not self._left:
            return b""
        chunk = self._content.read(min(size, self._left))
        if not chunk:
            raise OSError(f"{self._name} became shorter while it was sent")
        self._left -= len(chunk)
        return chunk


def content_type(name: str) -> str:
    """What a file of this name most likely is."""
    return TYPES.get(os.path.splitext(name)[1].lower(), UNKNOWN_TYPE)


def quoted(name: str) -> str:
    """A name between quotation marks, which stays on its line."""
    for character, instead in (("\\", "\\\\"), ('"', '\\"'), ("\r", "%0D"), ("\n", "%0A")):
        name = name.replace(character, instead)
    return name
