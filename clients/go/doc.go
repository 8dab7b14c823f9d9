// Package mailstrom is a client of Mailstrom, an email delivery service: hand an email over with one call, then follow
// what happens to each recipient.
//
// Requests and responses are the messages of package mailstrompb; [Email] makes one from plain values. A [Client] repeats
// calls that the server cannot take for now, without ever making a second email, and its watches survive a restart
// of the server. Errors are of type [*Error].
package mailstrom

// Version of this module, shared with the clients in other languages.
const Version = "0.1.0"
