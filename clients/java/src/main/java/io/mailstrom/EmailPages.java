package io.mailstrom;

import io.mailstrom.v1.Email;
import io.mailstrom.v1.ListEmailsRequest;
import io.mailstrom.v1.ListEmailsResponse;
import java.util.Collections;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.function.Function;

/** A list, page after page, each fetched when it is needed. */
final class EmailPages implements Iterator<Email> {
  private final Function<ListEmailsRequest, ListEmailsResponse> fetch;
  private ListEmailsRequest request;
  private Iterator<Email> page = Collections.emptyIterator();
  private boolean isLast;

  EmailPages(ListEmailsRequest query, Function<ListEmailsRequest, ListEmailsResponse> fetch) {
    this.request = query;
    this.fetch = fetch;
  }

  @Override
  public boolean hasNext() {
    // A page may be empty without being the last.
    while (!page.hasNext() && !isLast) {
      ListEmailsResponse response = fetch.apply(request);
      page = response.getEmailsList().iterator();
      isLast = response.getNextPageToken().isEmpty();
      request = request.toBuilder().setPageToken(response.getNextPageToken()).build();
    }
    return page.hasNext();
  }

  @Override
  public Email next() {
    if (!hasNext()) {
      throw new NoSuchElementException();
    }
    return page.next();
  }
}
