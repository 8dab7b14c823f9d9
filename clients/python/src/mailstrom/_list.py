"""A list, page after page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from mailstrom import v1


class ListQuery:
    """The request for the next page."""

    def __init__(self, query: v1.ListEmailsRequest | None, tags: Mapping[str, str] | None) -> None:
        self.request = v1.ListEmailsRequest()
        if query is not None:
            self.request.CopyFrom(query)
        self.request.tags.update(tags or {})
        self._has_next = True

    def has_next(self) -> bool:
        """Whether there is another page to ask for."""
        return self._has_next

    def take(self, page: v1.ListEmailsResponse) -> Iterable[v1.Email]:
        """The emails of the page."""
        self.request.page_token = page.next_page_token
        self._has_next = bool(page.next_page_token)
        return page.emails
