"""Bodies that are no proper form, or a form within a form."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

MIB = 1024 * 1024
BOUNDARY = "x"
FORM = f"multipart/form-data; boundary={BOUNDARY}"


@dataclass(frozen=True)
class Form:
    """A body for POST /v1/identify; statuses: those of a right answer."""

    name: str
    body: bytes
    content_type: str = FORM
    statuses: tuple[int, ...] = (400,)
    chunked: bool = False


def part(disposition: str, content: bytes, *headers: str) -> bytes:
    """One part, boundary first."""
    lines = [f"--{BOUNDARY}", f"Content-Disposition: {disposition}", *headers, "", ""]
    return "\r\n".join(lines).encode("utf-8", "surrogatepass") + content + b"\r\n"


def file(photo: bytes, name: str = "image", *headers: str) -> bytes:
    """A part with a photo."""
    return part(f'form-data; name="{name}"; filename="a.jpg"', photo, *headers)


END = f"--{BOUNDARY}--\r\n".encode()


def forms(ada: bytes) -> Iterator[Form]:
    """`ada`: a photo whose face is found."""
    good = file(ada)
    within = b"--y\r\nContent-Disposition: attachment; filename=a.jpg\r\n\r\n" + ada + b"\r\n--y--"
    nested = part('form-data; name="image"', within, "Content-Type: multipart/mixed; boundary=y")
    yield Form("good", good + END, statuses=(200,))
    yield Form("good, in chunks", good + END, statuses=(200,), chunked=True)
    yield Form("good, its end missing", good, statuses=(200, 400))
    yield Form(
        "good, with text before and after", b"hello\r\n" + good + END + b"bye", statuses=(200,)
    )
    yield Form("a form in a form", nested + END)
    yield Form(
        "a form in a file",
        file(within, "image", "Content-Type: multipart/mixed; boundary=y") + END,
        statuses=(415,),
    )
    yield Form("the same photo twice", good + good + END)
    yield Form("photo and text of one name", good + part('form-data; name="image"', b"x") + END)
    yield Form("a photo under no name", part('form-data; filename="a.jpg"', ada) + END)
    yield Form("a photo under an empty name", file(ada, "") + END)
    yield Form("a photo under a path", file(ada, "../image") + END)
    yield Form("a photo under a name with a line", file(ada, "image\nx") + END)
    yield Form("a photo under image[]", file(ada, "image[]") + END)
    yield Form("a photo under half a character", file(ada, "im\udcffage") + END)
    yield Form("a photo as text", part('form-data; name="image"', ada) + END, statuses=(400, 413))
    yield Form(
        "names that fight",
        part('form-data; name="faces"; name="image"; filename="a"', ada) + END,
        statuses=(200, 400),
    )
    yield Form(
        "a name in two character sets",
        part("form-data; name*=utf-8''image; filename=a", ada) + END,
        statuses=(200, 400),
    )
    yield Form(
        "in base64",
        file(b"aGVsbG8=", "image", "Content-Transfer-Encoding: base64") + END,
        statuses=(415,),
    )
    yield Form(
        "said to be gzip", file(ada, "image", "Content-Encoding: gzip") + END, statuses=(200, 400)
    )
    yield Form("no headers in the part", f"--{BOUNDARY}\r\n\r\n".encode() + ada + b"\r\n" + END)
    yield Form(
        "10,000 headers in a part",
        file(ada, "image", *["X-A: b"] * 10_000) + END,
        statuses=(200, 400, 413),
    )
    yield Form(
        "a header of 1 MiB", file(ada, "image", "X-A: " + "b" * MIB) + END, statuses=(200, 400, 413)
    )
    yield Form("a name of 1 MiB", file(ada, "a" * MIB) + END, statuses=(400, 413))
    yield Form(
        "2,000 parts",
        b"".join(part(f'form-data; name="{n}"', b"") for n in range(2000)) + END,
        statuses=(413,),
    )
    yield Form(
        "2,000 empty files",
        b"".join(file(b"", f"f{n}") for n in range(2000)) + END,
        statuses=(413,),
    )
    yield Form(
        "text of 30 MiB", part('form-data; name="faces"', b"a" * 30 * MIB) + END, statuses=(413,)
    )
    yield Form("text of 30 MiB in a file", file(b"a" * 30 * MIB) + END, statuses=(413,))
    yield Form("40 MiB of ends of lines", b"\r\n" * 20 * MIB, statuses=(400, 413))
    yield Form(
        "20 MiB of ends of lines in a file", file(b"\r\n" * 10 * MIB) + END, statuses=(413, 415)
    )
    yield Form("20 MiB of almost boundaries", file(b"\r\n--" * 5 * MIB) + END, statuses=(413, 415))
    yield Form("20 MiB of dashes", file(b"-" * 20 * MIB) + END, statuses=(413, 415))
    yield Form("20 MiB of boundaries", f"--{BOUNDARY}\r\n".encode() * 4 * MIB, statuses=(400, 413))
    yield Form("60 MiB", bytes(60 * MIB), statuses=(413,))
    yield Form("60 MiB in chunks", bytes(60 * MIB), statuses=(400, 413), chunked=True)
    yield Form("nothing", b"")
    yield Form("only an end", END)
    yield Form("noise", bytes(range(256)) * 40)
    yield Form("another boundary", (good + END).replace(b"--x", b"--z"))
    for content_type in (
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "multipart/form-data; boundary=" + "b" * 4000,
        'multipart/form-data; boundary="x',
        "multipart/form-data; boundary=x; boundary=y",
        "multipart/form-data; charset=utf-16; boundary=x",
        "Multipart/Form-Data; boundary=x",
    ):
        yield Form(f"as {content_type[:50]}", good + END, content_type, (200, 400))
    for content_type in (
        "",
        "multipart/mixed; boundary=x",
        "application/x-www-form-urlencoded",
        "image/jpeg",
        "text/html",
        "x" * 4000,
        "application/octet-stream",
    ):
        yield Form(f"as {content_type[:50]!r}", good + END, content_type, (415,))
    for body in (b"{}", b"[]", b"[" * 100_000, b'{"image": "file:///etc/passwd"}', b"\xff" * 99):
        yield Form(f"JSON {body[:40]!r}", body, "application/json", (400, 415))


_PIECES = [
    *(
        b"\r\n",
        b"\n",
        b"\r",
        b'"',
        b";",
        b"=",
        b"*",
        b"''",
        b"%ff",
        b"\\",
        b"\0",
        b"\xff",
        b":",
        b" ",
    ),
    *(b"--x", b"--x--", b"name", b"filename*0=", b"utf-8''%", b"; charset=utf-16", b"\xe2\x80\xae"),
]


def mutated_forms(count: int, seed: int) -> Iterator[Form]:
    """`count` small forms with pieces of grammar put in, taken out and repeated."""
    good = file(b"abc") + part('form-data; name="top"', b"5") + END
    rng = random.Random(seed)  # noqa: S311
    for number in range(count):
        body = bytearray(good)
        for _ in range(rng.randint(1, 6)):
            at, other = rng.randrange(len(body) + 1), rng.randrange(len(body) + 1)
            match rng.randrange(4):
                case 0:
                    body[at:at] = rng.choice(_PIECES)
                case 1:
                    del body[at : at + rng.randint(1, 20)]
                case 2:
                    body[at : at + 1] = rng.randbytes(1)
                case _:
                    body[at:at] = body[other : other + rng.randint(1, 60)]
        title = f"mutation {number} (seed {seed})"
        yield Form(title, bytes(body), statuses=(400, 413, 415))
