"""What is set and loaded, as the control API shows it: namespaces, clocks, faults, the receiver, scenarios.

Owns the JSON form. Must not change anything. What happened is ``views.py``'s.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.core.calls.connections import connection_view
from emulator.core.draws import Lognormal, Uniform
from emulator.core.durations import format_duration
from emulator.core.effects import WireFault
from emulator.core.scenario.model import RespondError, RespondFault
from emulator.core.times import iso_micros

if TYPE_CHECKING:
    from emulator.core.draws import Delay
    from emulator.core.effects import DeliveryPolicy
    from emulator.core.faults import Faults, RequestFault, WebhookFault
    from emulator.core.models import Connector, Instant
    from emulator.core.namespace import Namespace
    from emulator.core.queue import Queued
    from emulator.core.reception import Reception, ReceptionRule
    from emulator.core.scenario.model import Answer, Deliver, Scenario
    from emulator.core.srs import Misconduct
    from emulator.core.views import View


def namespace_view(namespace: Namespace, wall: Instant) -> View:
    """A namespace in numbers, and what is set for it; ``wall`` is wall time."""
    overrides = namespace.overrides
    policy = overrides.policy
    journal = namespace.journal
    return {
        "id": namespace.id,
        "settings": {
            "webhook_url": overrides.webhook_url,
            "webhook_failover_url": overrides.webhook_failover_url,
            "realism": policy.realism if policy else None,
            "validation": policy.validation if policy else None,
            "default_scenario": policy.default_scenario if policy else None,
            "seed": overrides.seed,
        },
        "clock": clock_view(namespace, wall),
        "calls": len(namespace.calls),
        "sessions": len(namespace.sessions),
        "playing": len(namespace.playing),
        "delivering": len(namespace.deliveries),
        "queued": len(namespace.queue),
        "connections": [connection_view(one) for one in namespace.connections.values()],
        "connectors": [connector_view(one) for one in namespace.connectors.values()],
        "scenarios": sorted(namespace.scenarios),
        "journal": {
            "requests": len(journal.requests) + len(journal.strays),
            "transitions": len(journal.transitions),
            "dials": len(journal.srs),
            "webhooks": len(journal.webhooks),
            "received": len(journal.received),
            "bytes": journal.bytes,
            "evicted": journal.evicted,
        },
        "evicted_sessions": namespace.evicted_sessions,
        "dropped_webhooks": namespace.dropped_webhooks,
    }


def connector_view(connector: Connector) -> View:
    """A stored connector."""
    fields = connector.fields
    return {
        "name": fields.name,
        "host": fields.host,
        "port": fields.port,
        "app_subdomain": fields.app_subdomain,
    }


def scenario_view(scenario: Scenario) -> View:
    """A scenario in short."""
    return {
        "name": scenario.name,
        "plays": scenario.plays,
        "description": scenario.description,
        "priority": scenario.priority,
        "matches": scenario.match is not None,
        "source": scenario.source,
        "warnings": [f"{one.line}:{one.column}: {one.message}" for one in scenario.warnings],
    }


def clock_view(namespace: Namespace, wall: Instant) -> View:
    """Where a namespace's clock stands, and what it waits for.

    Args:
        namespace: Whose.
        wall: Wall time.
    """
    due = namespace.timers.next()
    return {
        "namespace": namespace.id,
        "mode": namespace.clock.setting.mode,
        "speed": namespace.clock.setting.speed,
        "time": iso_micros(namespace.clock.read(wall)),
        "next": None if due is None else iso_micros(due),
        "waiting": len(namespace.timers),
        "on_the_wire": len(namespace.attempts),
        "idle": namespace.idle,
    }


def queued_view(item: Queued) -> View:
    """A scenario that waits for its start."""
    return {
        "number": item.number,
        "scenario": item.scenario.name,
        "matches": item.match is not None,
        "left": item.left,
    }


# --- faults ---


def faults_view(faults: Faults) -> View:
    """The faults that are switched on, and how often each has struck."""
    return {
        "requests": [
            _request_fault(rule, struck)
            for rule, struck in zip(faults.rules.requests, faults.request_strikes, strict=True)
        ],
        "webhooks": [
            _webhook_fault(rule, struck)
            for rule, struck in zip(faults.rules.webhooks, faults.webhook_strikes, strict=True)
        ],
    }


def _request_fault(rule: RequestFault, struck: int) -> View:
    return {
        "routes": sorted(rule.routes),
        "answer": answer_view(rule.answer),
        "probability": rule.probability,
        "count": rule.count,
        "struck": struck,
    }


def _webhook_fault(rule: WebhookFault, struck: int) -> View:
    signing = rule.signing
    return {
        "events": sorted(rule.events),
        "deliver": None if rule.deliver is None else deliver_view(rule.deliver),
        "sign": None if signing is None else {"mode": signing.mode, "skew_ms": signing.skew / 1000},
        "probability": rule.probability,
        "count": rule.count,
        "struck": struck,
    }


def reception_view(reception: Reception) -> View:
    """What the built-in receiver answers, and how often each rule has."""
    return {
        "answers": [
            _reception_rule(rule, answered)
            for rule, answered in zip(reception.rules, reception.answered, strict=True)
        ]
    }


def _reception_rule(rule: ReceptionRule, answered: int) -> View:
    reply = rule.reply
    trickles = reply.fault is WireFault.TRICKLE
    return {
        "match": [str(field) for field, _ in rule.query.matchers],
        "status": reply.status if reply.fault is None or trickles else None,
        "delay": format_duration(reply.delay),
        "fault": reply.fault,
        "over": format_duration(reply.trickle) if trickles else None,
        "count": rule.count,
        "answered": answered,
    }


def delay_view(delay: Delay) -> str | View:
    """A duration or a distribution, as a scenario writes it."""
    match delay:
        case Uniform():
            return {"uniform": {"min": format_duration(delay.low), "max": format_duration(delay.high)}}
        case Lognormal():
            return {
                "lognormal": {
                    "median": format_duration(delay.median),
                    "sigma": delay.sigma,
                    "max": format_duration(delay.longest),
                }
            }
        case _:
            return format_duration(delay)


def answer_view(answer: Answer) -> View:
    """An answer, all that it does written out."""
    view: View = {"delay": delay_view(answer.delay), "takes_effect": answer.takes_effect}
    match answer:
        case RespondError():
            codes = [item.code for item in answer.items if item.code is not None]
            return {**view, "status": answer.status, "codes": codes, "sdk_retry": answer.sdk_retry}
        case RespondFault():
            over = format_duration(answer.over) if answer.fault is WireFault.TRICKLE else None
            return {**view, "fault": answer.fault, "over": over}
        case _:
            return {**view, "status": 200}


def deliver_view(deliver: Deliver) -> View:
    """A delivery, all that it does written out."""
    return {
        "delay": delay_view(deliver.delay),
        "copies": deliver.copies,
        "gap": delay_view(deliver.gap),
        "same_id": deliver.same_id,
        "url": deliver.url,
        "attempts": [{"url": one.url, "simulate": one.simulate} for one in deliver.attempts],
    }


def misconduct_view(wrong: Misconduct) -> View:
    """What a dial does wrong on the wire, all of it written out as a scenario does."""
    codec_change, silence = wrong.codec_change, wrong.silence
    return {
        "late_cancel": wrong.late_cancel,
        "no_refresh": wrong.no_refresh,
        "missing_label": wrong.missing_label,
        "wrong_boundary": wrong.wrong_boundary,
        "invalid_metadata": wrong.invalid_metadata,
        "only_track": wrong.only_track,
        "loss": wrong.loss,
        "reordering": wrong.reordering,
        "jitter": format_duration(wrong.jitter),
        "codec_change": None if codec_change is None else format_duration(codec_change),
        "silence": None if silence is None else format_duration(silence),
    }


def policy_view(policy: DeliveryPolicy) -> View:
    """How hard webhooks are tried, all of it written out."""
    return {
        "timeout": format_duration(policy.timeout),
        "attempts_per_url": policy.attempts_per_url,
        "backoff": {
            "first": format_duration(policy.backoff.first),
            "factor": policy.backoff.factor,
            "max": format_duration(policy.backoff.max),
        },
        "failover": policy.failover,
        "success": policy.success,
        "order": policy.order,
        "concurrency": policy.concurrency,
    }
