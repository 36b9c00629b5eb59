"""Making millions of objects that stay, without the cyclic collector looking at each of them."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def long_lived() -> Iterator[None]:
    """What is made within is taken to live as long as the process: it is never looked at again.

    A state of a million events is some three million objects. A collection over them takes more
    than a second, which a start should not spend several times and a running loop not once.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_enabled:
            gc.enable()
