"""What every admin list of the product has in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.http import HttpRequest

if TYPE_CHECKING:
    _Base = admin.ModelAdmin[Any]
else:
    _Base = object


class ShownLookups(_Base):
    """Mixed in before the admin class: a list is filtered only by what it shows or offers.

    Django allows any field of the model in the query string, so that what is not shown (the hash
    of a password, the payload of a job) could be guessed letter by letter by how many rows remain.
    """

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        name = lookup.partition("__")[0]
        return name in self._shown(request) and super().lookup_allowed(lookup, value, request)

    def _shown(self, request: HttpRequest) -> set[str]:
        entries = self.get_list_filter(request)
        offered = (entry[0] if isinstance(entry, tuple) else entry for entry in entries)
        columns = self.get_list_display(request)
        names = {name.partition("__")[0] for name in (*columns, *offered) if isinstance(name, str)}
        return names | {self.date_hierarchy or "pk", "pk", self.opts.pk.name}
