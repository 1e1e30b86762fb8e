"""Live pages: topics that a person may follow, and what is published on them.

register_topic("job", may_follow)          # in AppConfig.ready(); asked at every subscription
publish("job:<id>", "progressed", {...})   # once the surrounding transaction has committed
publish_now("job:<id>", "progressed", {})  # at once, even inside a transaction
await apublish("chat:<id>", "delta", {})   # from code that runs on the event loop
"""

from common.realtime.publishing import apublish, publish, publish_now, recheck_user
from common.realtime.topics import register_topic

__all__ = ["apublish", "publish", "publish_now", "recheck_user", "register_topic"]
