"""How a run of a job may end early. Handlers raise the last two; the engine raises the others."""

from __future__ import annotations


class JobCancelled(Exception):
    """Somebody asked for the end of this job. Tidy up and let it pass."""


class LeaseLost(Exception):
    """This run has no right to write any more: another one has taken the job up."""


class JobInterrupted(LeaseLost):
    """The process is shutting down; the job goes back into the queue and continues elsewhere."""


class JobFailed(Exception):
    """The work cannot be done, for a reason that people understand."""

    def __init__(self, message: str, *, code: str = "JOB_FAILED") -> None:
        super().__init__(message)
        self.message = message
        self.code = code


class JobRetry(JobFailed):
    """Try again in some seconds, or fail with ``message`` if the attempts are used up."""

    def __init__(self, message: str, *, seconds: float = 30.0, code: str = "JOB_FAILED") -> None:
        super().__init__(message, code=code)
        self.seconds = seconds
