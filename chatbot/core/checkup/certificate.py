"""Who issued a certificate, read from its DER (RFC 5280, section 4.1; ITU-T X.690)."""

from __future__ import annotations

from collections.abc import Iterator

_ORGANISATION, _COMMON_NAME = b"\x55\x04\x0a", b"\x55\x04\x03"  # 2.5.4.10, 2.5.4.3
_CONTEXT_0, _UTF16 = 0xA0, 0x1E


def issuer(certificate: bytes) -> str:
    """The organisation of the issuer, else its common name; empty where neither can be read."""
    try:
        [whole] = _parts(certificate)
        body = next(_parts(whole[1]))
        fields = [field for field in _parts(body[1]) if field[0] != _CONTEXT_0]  # without the version
        name = dict(_attributes(fields[2][1]))
    except (ValueError, IndexError, StopIteration):
        return ""
    return name.get(_ORGANISATION) or name.get(_COMMON_NAME) or ""


def _attributes(name: bytes) -> Iterator[tuple[bytes, str]]:
    for _, one_set in _parts(name):
        for _, pair in _parts(one_set):
            (_, kind), (tag, value) = _parts(pair)
            yield kind, value.decode("utf-16-be" if tag == _UTF16 else "utf-8", "replace")


def _parts(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Tag and content of each element. Raises ValueError where one is cut."""
    at = 0
    while at < len(data):
        tag, size, at = data[at], data[at + 1], at + 2
        if size & 0x80:
            count = size & 0x7F
            size, at = int.from_bytes(data[at : at + count], "big"), at + count
        if at + size > len(data):
            raise ValueError("it is cut")
        yield tag, data[at : at + size]
        at += size
