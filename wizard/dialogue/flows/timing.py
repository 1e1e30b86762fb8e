"""When a schedule runs: everyday sentences, or cron behind "custom"."""

from __future__ import annotations

from collections.abc import Mapping
from zoneinfo import ZoneInfo

from pydantic import JsonValue

from wizard.dialogue.question import Field, Option, Question
from wizard.dialogue.talk import Objection, Talk

DAYS = (
    ("1", "Monday"),
    ("2", "Tuesday"),
    ("3", "Wednesday"),
    ("4", "Thursday"),
    ("5", "Friday"),
    ("6", "Saturday"),
    ("0", "Sunday"),
)
WHEN = (
    Option("hourly", "Every hour", aliases=("hourly",)),
    Option("daily", "Every day", "at a time you choose", aliases=("daily", "day")),
    Option("weekdays", "Every weekday", "Monday to Friday", aliases=("weekdays", "workdays")),
    Option("weekly", "Every week", "on a day you choose", aliases=("weekly", "week")),
    Option("monthly", "Every month", "on a day you choose", aliases=("monthly", "month")),
    Option("custom", "Custom", "as a cron expression", aliases=("cron",)),
)


def timing(talk: Talk) -> tuple[str, str, str]:
    """Cron, time zone, and the same in words."""
    when = talk.choose(Question("schedule.when", "When should it run?", "choice", WHEN))
    question = Question(
        "schedule.at",
        "Which cron expression?" if when == "custom" else "At what time exactly?",
        "form",
        fields=_fields(when, talk.catalog.timezone()),
    )
    answer = talk.fill(question, lambda value: _objection(talk, when, value))
    cron, zone = cron_for(when, answer), str(answer["timezone"])
    runs = talk.catalog.next_runs(cron, zone, 5)
    shown = "; ".join(f"{run:%a %Y-%m-%d %H:%M}" for run in runs)
    talk.notes.append(f"The next runs: {shown} ({zone}).")
    return cron, zone, in_words(when, answer)


def _fields(when: str, zone: str) -> tuple[Field, ...]:
    timezone = Field("timezone", "Time zone", default=zone, max_length=60)
    at = Field("time", "Time", "time", default="08:00")
    if when == "custom":
        help_ = "Minute, hour, day, month, weekday: “0 8 * * 1” is Mondays at 8."
        return Field("cron", "Cron expression", default="0 8 * * *", help=help_), timezone
    if when == "hourly":
        minute = Field(
            "minute", "Minutes past the hour", "integer", default=0, minimum=0, maximum=59
        )
        return minute, timezone
    if when == "weekly":
        return Field("weekday", "Day", "choice", default="1", choices=DAYS), at, timezone
    if when == "monthly":
        days = (*((str(d), f"Day {d}") for d in range(1, 29)), ("L", "Last day of the month"))
        return Field("day", "Day of the month", "choice", default="1", choices=days), at, timezone
    return at, timezone


def _objection(talk: Talk, when: str, value: JsonValue) -> Objection | None:
    answer = value if isinstance(value, dict) else {}
    zone = str(answer.get("timezone"))
    if not known_zone(zone):
        return Objection(f"“{zone}” is not a time zone I know. Try one such as Europe/Berlin.")
    try:
        runs = talk.catalog.next_runs(cron_for(when, answer), zone, 5)
    except ValueError as error:
        return Objection(f"That cron expression does not work: {error}")
    return None if runs else Objection("That would never run. Please choose another time.")


def known_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ValueError, OSError, LookupError):
        return False
    return True


def cron_for(when: str, answer: Mapping[str, JsonValue]) -> str:
    if when == "custom":
        return str(answer["cron"])
    if when == "hourly":
        return f"{answer['minute']} * * * *"
    hour, minute = (int(part) for part in str(answer["time"]).split(":"))
    rest = {
        "daily": "* * *",
        "weekdays": "* * 1-5",
        "weekly": f"* * {answer.get('weekday')}",
        "monthly": f"{answer.get('day')} * *",
    }[when]
    return f"{minute} {hour} {rest}"


def in_words(when: str, answer: Mapping[str, JsonValue]) -> str:
    if when == "custom":
        return f"({answer['cron']})"
    if when == "weekly":
        return f"every {dict(DAYS)[str(answer['weekday'])]}"
    return {"hourly": "every hour", "daily": "every day", "weekdays": "on weekdays",
            "monthly": "every month"}[when]  # fmt: skip
