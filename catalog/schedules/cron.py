"""Cron lines: checked, read in a time zone, said in words. Pure.

Source of the rules: cronsim, which follows Debian's cron (a slot in the autumn fold fires once,
one in the spring gap fires at the end of the gap).
"""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo, available_timezones

from cronsim import CronSim, CronSimError

_DAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


class CronInvalid(ValueError):
    """``str()`` is a sentence for people."""


def check(cron: str, timezone: str) -> None:
    """Raise ``CronInvalid`` unless the line and the zone can be used and the line ever fires."""
    if timezone not in available_timezones():
        raise CronInvalid(f"There is no time zone called “{timezone}”. Use one like Europe/Berlin.")
    if len(cron.split()) != 5:
        raise CronInvalid(
            "A cron line has five parts: minute, hour, day of month, month, day of week."
        )
    try:
        next(CronSim(cron, datetime.now(UTC)))
    except CronSimError as error:
        raise CronInvalid(f"The cron line cannot be read: {str(error).lower()}.") from None
    except StopIteration:
        raise CronInvalid("This cron line never fires.") from None


def next_runs(cron: str, timezone: str, after: datetime, count: int = 5) -> list[datetime]:
    """The next ``count`` slots after ``after`` as UTC moments (fewer if there are no more)."""
    simulation = CronSim(cron, after.astimezone(ZoneInfo(timezone)))
    slots: list[datetime] = []
    for slot in simulation:
        slots.append(slot.astimezone(UTC))
        if len(slots) == count:
            break
    return slots


def in_words(cron: str) -> str:
    """A sentence for the common shapes, else the line itself: “Every Monday at 08:00”."""
    parts = cron.split()
    if len(parts) != 5:
        return cron
    minute, hour, day, month, weekday = parts
    if month != "*" or not minute.isdigit():
        return f"By the cron line {cron}"
    if hour == "*" and day == weekday == "*":
        return "Every hour" if minute == "0" else f"Every hour at minute {minute}"
    if not hour.isdigit():
        return f"By the cron line {cron}"
    return f"{_days(day, weekday)} at {int(hour):02d}:{int(minute):02d}"


def _days(day: str, weekday: str) -> str:
    if day == weekday == "*":
        return "Every day"
    if day == "*" and weekday in {"1-5", "MON-FRI"}:
        return "Every weekday"
    if day == "*" and weekday.isdigit() and int(weekday) <= 7:
        return f"Every {_DAYS[int(weekday)]}"
    if weekday == "*" and day == "L":
        return "On the last day of every month"
    if weekday == "*" and day.isdigit():
        return f"On day {day} of every month"
    return f"On days {day} of the month and {weekday} of the week"
