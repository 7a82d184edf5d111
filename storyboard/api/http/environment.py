"""The connection settings in the environment: proxies and certificates.

Reads the variables that curl and `requests` use, and OpenSSL's SSL_CERT_FILE. A
setting that cannot work is reported by name before anything is sent.
"""

from __future__ import annotations

import os
import ssl
from functools import lru_cache
from pathlib import Path
from urllib.parse import urlsplit

from requests.utils import DEFAULT_CA_BUNDLE_PATH, get_environ_proxies, select_proxy
from urllib3.util import create_urllib3_context

from storyboard.api.http.addresses import is_loopback_origin
from storyboard.api.redaction import printable_line
from storyboard.errors import AccountError

_BUNDLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")


def proxies_for(url: str) -> dict[str, str]:
    """The proxies set for `url`, by scheme; none if `url` is on this machine."""
    return {} if is_loopback_origin(url) else dict(get_environ_proxies(url))


def proxy_setting(url: str) -> str | None:
    """The setting that routes requests for `url` through a proxy; None if there is none."""
    proxy = select_proxy(url, proxies_for(url))
    if proxy is None:
        return None
    names = (name for name, value in os.environ.items() if name.lower().endswith("_proxy"))
    return next((name for name in names if os.environ[name] == proxy), "the system's proxy setting")


def proxy_address(url: str, proxies: dict[str, str]) -> str | None:
    """The address of the proxy for `url`, without user name and password, for messages."""
    proxy = select_proxy(url, proxies)
    if proxy is None:
        return None
    try:
        parts = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return "set in the environment"
    host = f"[{host}]" if ":" in host else host
    return printable_line(f"{parts.scheme}://{host}{f':{port}' if port else ''}", 200)


def ca_bundle() -> tuple[str | None, str]:
    """The setting that names the trusted certificates (None: our own), and their file or folder."""
    for name in _BUNDLES:
        if os.environ.get(name):
            return name, os.environ[name]
    return None, DEFAULT_CA_BUNDLE_PATH


@lru_cache(maxsize=4)
def tls_context(bundle: str) -> ssl.SSLContext:
    """A TLS context that trusts the certificates in `bundle`; cached, as reading takes 20 ms.

    Raises OSError without an errno if they cannot be read.
    """
    context = create_urllib3_context()
    try:
        if Path(bundle).is_dir():
            context.load_verify_locations(capath=bundle)
        else:
            context.load_verify_locations(cafile=bundle)
    except OSError as error:
        raise OSError(f"no certificates in {bundle}") from error
    return context


def check_environment(origin: str) -> None:
    """Check the settings for connecting to `origin`; sends nothing.

    Raises AccountError, naming the setting, if one cannot work.
    """
    name = proxy_setting(origin)
    if name is not None:
        _check_proxy(name, select_proxy(origin, proxies_for(origin)) or "")
    name, bundle = ca_bundle()
    if not origin.startswith("https:"):
        return
    try:
        tls_context(bundle)
    except OSError:
        what = "holds no certificates" if Path(bundle).exists() else "is not there"
        raise AccountError(
            f"the file of certificates {bundle}, named by {name or 'the program itself'}, {what}",
            next_step=f"correct {name}, or unset it" if name else "reinstall storyboard",
        ) from None


def _check_proxy(name: str, proxy: str) -> None:
    """Check a proxy's address, without showing it: it may hold a password."""
    address = proxy if "://" in proxy else f"http://{proxy}"
    try:
        parts = urlsplit(address)
        is_address = bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_address = False
    if not is_address:
        raise AccountError(
            f"{name} is not the address of a proxy: it has no host, or an invalid port",
            next_step=f"set {name} to an address like http://proxy.example:8080, or unset it",
        )
    if parts.scheme not in ("http", "https"):
        raise AccountError(
            f"{name} names a proxy of kind {parts.scheme}; only HTTP proxies can be used",
            next_step=f"set {name} to an address like http://proxy.example:8080, or unset it",
        )
