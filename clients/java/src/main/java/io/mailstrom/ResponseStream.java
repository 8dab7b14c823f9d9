package io.mailstrom;

import java.util.Iterator;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * What comes over a stream of the server, to be read once, by one thread, in a {@code for} loop or
 * as a {@link Stream}. Reading waits for what comes and throws a {@link MailstromException} when
 * the stream fails.
 *
 * @param <T> what is read
 */
public interface ResponseStream<T> extends Iterable<T>, AutoCloseable {
  /**
   * Reads on where the last reading stopped: there is one iterator, however often it is asked for.
   */
  @Override
  Iterator<T> iterator();

  /** The rest as a stream, which closes this when it is closed itself. */
  default Stream<T> stream() {
    int characteristics = Spliterator.ORDERED | Spliterator.NONNULL;
    return StreamSupport.stream(
            Spliterators.spliteratorUnknownSize(iterator(), characteristics), false)
        .onClose(this::close);
  }

  /**
   * Ends the call; reading then ends, too. May be called by another thread, and more than once.
   * Needless once all was read.
   */
  @Override
  void close();
}
