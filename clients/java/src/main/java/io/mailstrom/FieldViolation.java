package io.mailstrom;

import java.io.Serializable;

/**
 * One field of a request that the server refused.
 *
 * @param field path from the request, such as {@code content.to[1].mailbox.address}
 * @param description what is wrong with it, and what would be right
 */
public record FieldViolation(String field, String description) implements Serializable {}
