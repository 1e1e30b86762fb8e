"""What the models' API takes and answers with."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

from ninja import Schema
from pydantic import ConfigDict, Field

from llm import queries
from llm.actions import TestResult
from llm.models import ModelPull
from llm.providers.base import RunningModel
from llm.pulling import progress_json

Json = dict[str, Any]
Name = Annotated[str, Field(min_length=1, max_length=300)]
KeepAlive = int | Annotated[str, Field(max_length=40)]


class Strict(Schema):
    model_config = ConfigDict(extra="forbid")


class PullIn(Strict):
    """``provider``: the first that can be told to download, where none is named."""

    name: Annotated[str, Field(max_length=300)]
    provider: int | None = None


class ModelIn(Strict):
    name: Name
    provider: int | None = None


class LoadIn(ModelIn):
    """``keepAlive``: seconds, "10m", or -1 for as long as the server runs."""

    keepAlive: KeepAlive | None = None


class AdvancedIn(Strict):
    useShared: bool | None = None
    keepAlive: int | None = None
    budgets: dict[str, float] | None = None


class ConfigIn(Strict):
    """What is not named stays. Within ``defaults``, null takes an option back."""

    defaults: dict[str, Any] | None = None
    preferences: dict[str, list[str]] | None = None
    advanced: AdvancedIn | None = None


class ProbeIn(Strict):
    """``provider`` alone: as it is set up. With other values: those, before they are saved."""

    provider: int | None = None
    kind: Annotated[str, Field(max_length=20)] = ""
    baseUrl: Annotated[str, Field(max_length=500)] = ""
    apiKey: Annotated[str, Field(max_length=500)] = ""


def model_json(row: queries.InstalledModel) -> Json:
    info = row.info
    return {
        "name": info.name,
        "provider": {"id": row.provider.pk, "name": row.provider.name},
        "size": info.size,
        "digest": info.digest,
        "modifiedAt": _time(info.modified_at),
        "family": info.family,
        "parameters": info.parameters,
        "quantization": info.quantization,
        "contextLength": info.context_length,
        "capabilities": None if info.capabilities is None else sorted(info.capabilities),
        "external": row.external,
        "externalAllowed": row.external_allowed,
        "allowed": row.allowed,
        "roles": list(row.groups),
        "canManage": row.can_manage,
        "loaded": running_json(row.running) if row.running else None,
        "pull": str(row.pull.pk) if row.pull else None,
        "contextWindow": row.setting.context_window if row.setting else None,
        "parallel": row.setting.parallel if row.setting else None,
        "stale": row.stale,
    }


def running_json(model: RunningModel) -> Json:
    """``vram`` of ``size`` bytes are in GPU memory."""
    return {
        "name": model.name,
        "size": model.size,
        "vram": model.vram,
        "expiresAt": _time(model.expires_at),
        "contextLength": model.context_length,
    }


def state_json(card: queries.ProviderCard) -> Json:
    """How a provider is; where it is and how it is set up is for those who manage it."""
    known = card.survey
    return {
        "id": card.provider.pk,
        "name": card.provider.name,
        "kind": card.provider.kind,
        "shared": card.provider.is_shared,
        "used": card.used,
        "state": str(known.state),
        "reason": known.reason,
        "version": known.version,
        "since": _time(known.since),
        "capabilities": sorted(str(each) for each in card.capabilities),
    }


def provider_json(card: queries.ProviderCard) -> Json:
    if not card.can_manage:
        return state_json(card)
    provider = card.provider
    return state_json(card) | {
        "baseUrl": provider.url,
        "hasApiKey": bool(provider.api_key),
        "enabled": provider.enabled,
        "external": provider.external,
        "order": provider.order,
        "parallel": provider.parallel,
        "waiting": provider.waiting,
        "version": card.survey.version,
        "revision": provider.version,
    }


def detail_json(found: queries.ModelDetail) -> Json:
    details = found.details
    told = {
        "template": details.template if details else "",
        "system": details.system if details else "",
        "license": details.license if details else "",
        "parameterText": details.parameters if details else "",
        "facts": details.facts if details else {},
    }
    longest = details.info.context_length if details else None
    uses = [asdict(use) for use in found.uses]
    return {
        **model_json(found.row),
        **told,
        "uses": uses,
        "problem": found.problem,
        "contextLength": longest or found.row.info.context_length,
    }


def pull_json(pull: ModelPull, *, manages: bool = True) -> Json:
    """``manages``: the reader may see the server's own words."""
    return {
        **progress_json(pull),
        "name": pull.name,
        "provider": {"id": pull.provider_id, "name": pull.provider.name},
        "job": str(pull.job_id) if pull.job_id else None,
        "createdAt": _time(pull.created_at),
        "canResume": pull.can_resume,
        "error": _reason(pull, manages=manages),
    }


def _reason(pull: ModelPull, *, manages: bool) -> Json | None:
    if pull.job is None or not pull.job.error:
        return None
    return pull.job.error if manages else {**pull.job.error, "message": pull.plain_problem}


def config_json(cards: list[queries.ProviderCard], found: queries.Settings) -> Json:
    return {
        "providers": [provider_json(card) for card in cards],
        "defaults": found.defaults.set(),
        "installation": found.installation.set(),
        "preferences": found.preferences,
        "advanced": {
            "useShared": found.advanced.use_shared,
            "keepAlive": found.advanced.keep_alive,
            "budgets": {str(key): value for key, value in found.advanced.budgets.items()},
        },
    }


def probe_json(found: TestResult) -> Json:
    return {
        "ok": found.ok,
        "sentences": list(found.sentences),
        "version": found.version,
        "models": found.models,
        "loaded": found.loaded,
        "seconds": found.seconds,
        "code": found.code,
    }


def _time(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
