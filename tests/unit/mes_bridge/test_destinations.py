"""Where a webhook may go: nowhere inside, unless the installation names it."""

from ipaddress import ip_address

import pytest

from mes_bridge.engine.destinations import NotADestination, destination, is_public, permitted

NOBODY: frozenset[str] = frozenset()


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.8.8", "0.0.0.0", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254", "100.64.0.1",
        "192.0.2.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "::", "::1", "fe80::1", "fc00::1", "fd12::1", "ff02::1",
        "2001:db8::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::10.0.0.1", "64:ff9b:1::1", "2002:7f00:1::", "2002:a00:1::1",
    ],
)  # fmt: skip
def test_what_is_no_public_address(address: str) -> None:
    assert not is_public(ip_address(address))
    with pytest.raises(NotADestination):
        permitted(destination("https://mes.example/", NOBODY), [address])


@pytest.mark.parametrize("address", ["93.184.216.34", "8.8.8.8", "2606:2800:220:1::1", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8"])
def test_what_is_a_public_address(address: str) -> None:
    assert is_public(ip_address(address))
    assert permitted(destination("https://mes.example/", NOBODY), [address]) == (address,)


def test_one_private_address_among_public_ones_is_enough_to_refuse() -> None:
    with pytest.raises(NotADestination):
        permitted(destination("https://mes.example/", NOBODY), ["93.184.216.34", "10.0.0.1"])


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("", "address"),
        ("mes.example/in", "address"),
        ("ftp://mes.example/", "address"),
        ("file:///etc/passwd", "address"),
        ("https://", "address"),
        ("https:///path", "address"),
        ("https://mes.example:port/", "address"),
        ("https://mes.example:65536/", "address"),
        ("https://mes.example/in#part", "address"),
        ("https://mes.example/a b", "address"),
        ("https://mes.example/\r\nhost: x", "address"),
        ("https://工厂.example/", "address"),
        ("https://[::1/", "address"),
        ("https://mes.example/" + "x" * 2000, "address"),
        ("https://user@mes.example/", "credentials"),
        ("https://user:word@mes.example/", "credentials"),
        ("http://mes.example/", "scheme"),
        ("https://127.0.0.1/", "private"),
        ("https://2130706433/", "private"),
        ("https://0x7f.1/", "private"),
        ("https://[::1]/", "private"),
        ("https://169.254.169.254/latest", "private"),
        ("https://localhost/", "private"),
        ("https://LOCALHOST./", "private"),
        ("https://a.localhost/", "private"),
    ],
)
def test_what_cannot_be_an_address_is_told(url: str, reason: str) -> None:
    with pytest.raises(NotADestination) as refused:
        destination(url, NOBODY)
    assert refused.value.reason == reason


def test_named_hosts_may_be_private_and_without_tls() -> None:
    allowed = frozenset({"mes.local", "10.0.0.7:8443", "::1"})
    assert permitted(destination("http://MES.local:81/in", allowed), ["10.0.0.1"]) == ("10.0.0.1",)
    assert destination("https://10.0.0.7:8443/", allowed).trusted
    assert destination("http://[::1]/", allowed).port == 80
    for url, reason in (("https://10.0.0.7/", "private"), ("http://mes.local.example/", "scheme"), ("http://10.0.0.7:8444/", "scheme")):
        with pytest.raises(NotADestination, match=reason):
            destination(url, allowed)
