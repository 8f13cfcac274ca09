"""Who may see an order without signing in: whoever holds the signed key of its link."""

import hashlib
import hmac
from base64 import urlsafe_b64encode


class OrderKeys:
    """Keys derived from the installation's secret; none is stored."""

    def __init__(self, secret: str) -> None:
        self._secret = hashlib.sha256(b"storefront order key\0" + secret.encode()).digest()

    def key(self, order: str) -> str:
        """128 bits, URL-safe."""
        return urlsafe_b64encode(hmac.digest(self._secret, order.encode(), "sha256")[:16]).rstrip(b"=").decode()

    def opens(self, order: str, key: str) -> bool:
        return hmac.compare_digest(self.key(order).encode(), key.encode())
