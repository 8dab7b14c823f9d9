/**
 * Client of Mailstrom, an email delivery service.
 *
 * <p>{@link io.mailstrom.MailstromClient} calls a server, {@link io.mailstrom.EmailBuilder} makes
 * an email from plain values. Requests and responses are the messages of {@code io.mailstrom.v1}.
 */
package io.mailstrom;
