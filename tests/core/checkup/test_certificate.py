"""The issuer of a certificate, from its bytes."""

from __future__ import annotations

import ssl

import pytest
import trustme
from hypothesis import given
from hypothesis import strategies as st

from chatbot.core.checkup.certificate import issuer


@pytest.fixture(scope="module")
def der() -> bytes:
    leaf = trustme.CA(organization_name="Zscaler Inc. – Zürich").issue_cert("localhost")
    return ssl.PEM_cert_to_DER_cert(leaf.cert_chain_pems[0].bytes().decode())


def test_it_is_the_organisation(der: bytes) -> None:
    assert issuer(der) == "Zscaler Inc. – Zürich"


def test_what_is_cut_or_changed_is_no_fault(der: bytes) -> None:
    for size in range(len(der)):
        issuer(der[:size])
    for place in range(0, 400, 3):
        issuer(der[:place] + b"\xff" + der[place + 1 :])


@given(st.binary(max_size=60))
def test_any_bytes_have_an_issuer_or_none(data: bytes) -> None:
    assert isinstance(issuer(data), str)
