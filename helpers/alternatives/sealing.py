"""Keeping a secret that must be readable again: encrypted, under a key that is not in the database.

A code can be kept as a hash, since what is typed can be hashed too. An app's secret cannot: each code is computed from
it anew. So whoever steals the database finds it encrypted, and the key lives elsewhere (``TWO_FACTOR_CODE_KEY``).
"""

from __future__ import annotations

import secrets
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from helpers.secret import Secret
from helpers.verification import CodeKeys

NONCE_BYTES: Final = 12  # NIST SP 800-38D §8.2.2; at random, which is good for 2**32 secrets under one key
_LABEL: Final = b"two-factor course: secret of an authenticator app"


class Vault:
    """Seals secrets with AES-256-GCM, each for one account: a sealed secret that is moved to another opens for nobody.

    Args:
        keys: the code key, and those before it while it is being changed. What encrypts is derived from them with a
            label of its own (HKDF, RFC 5869), so that one key never does two jobs.
    """

    def __init__(self, keys: CodeKeys) -> None:
        self._keys = keys

    @property
    def current_id(self) -> str:
        """The key that is sealed with now."""
        return self._keys.current_id

    def seal(self, secret: Secret[bytes], *, account: str) -> bytes:
        """Encrypt under the current key."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        return nonce + _cipher(self._keys.current).encrypt(nonce, secret.reveal(), account.encode())

    def open(self, sealed: bytes, *, key_id: str, account: str) -> Secret[bytes] | None:
        """Decrypt. None where its key is gone, or it was sealed for another account, or changed."""
        if key_id not in self._keys.ids:
            return None
        nonce, encrypted = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
        try:
            return Secret(_cipher(self._keys.key_of({"key_id": key_id})).decrypt(nonce, encrypted, account.encode()))
        except InvalidTag:
            return None


def _cipher(key: Secret[bytes]) -> AESGCM:
    return AESGCM(HKDF(algorithm=SHA256(), length=32, salt=None, info=_LABEL).derive(key.reveal()))
