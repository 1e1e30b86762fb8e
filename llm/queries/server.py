"""What the machine is doing."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass

import psutil

from common.http.outgoing import LOOPBACK, OutgoingRefused, check_url, classify
from llm import survey
from llm.models import Provider

LOOK_SECONDS = 0.1


@dataclass(frozen=True)
class ServerLoad:
    """Of the machine this program runs on; bytes and percent. ``load``: tasks waiting on average
    over 1, 5 and 15 minutes, to be compared with ``processors``. ``here``: a model server runs on
    this machine too. ``vram``: GPU memory that loaded models take, as their servers say."""

    cpu_percent: float
    processors: int
    memory_used: int
    memory_total: int
    load: tuple[float, float, float]
    vram: int
    here: bool


def server_load(providers: Sequence[Provider]) -> ServerLoad:
    memory = psutil.virtual_memory()
    return ServerLoad(
        cpu_percent=psutil.cpu_percent(interval=LOOK_SECONDS),
        processors=psutil.cpu_count() or 1,
        memory_used=memory.total - memory.available,
        memory_total=memory.total,
        load=psutil.getloadavg(),
        vram=sum(
            model.vram for provider in providers for model in survey.last_known(provider).running
        ),
        here=any(_is_here(provider) for provider in providers),
    )


def _is_here(provider: Provider) -> bool:
    try:
        host = check_url(provider.url).host
        return host == "localhost" or classify(ipaddress.ip_address(host)) == LOOPBACK
    except (OutgoingRefused, ValueError):
        return False
