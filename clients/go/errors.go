package mailstrom

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/status"

	"github.com/mailstrom/mailstrom/clients/go/mailstrompb"
)

// Kinds of errors, for [errors.Is].
var (
	// ErrInvalidRequest: the request is wrong and nothing was stored; Violations names each wrong field.
	ErrInvalidRequest = errors.New("invalid request")
	// ErrRequestIDReused: the request_id was used before, for another request.
	ErrRequestIDReused = errors.New("request id was used for another request")
	// ErrNotFound: no such email, or no longer.
	ErrNotFound = errors.New("no such email")
	// ErrResourceExhausted: the queue or the caller's share of it is full; nothing was stored. Come back later.
	ErrResourceExhausted = errors.New("queue or quota is full")
	// ErrUnavailable: the server could not be reached, or refuses work for now, until the time limit was over.
	ErrUnavailable = errors.New("server is unavailable")
	// ErrDeadlineExceeded: the time limit was over before the server answered. A send may have taken effect all the
	// same; to be sure, repeat it with the same request_id. It is context.DeadlineExceeded, too.
	ErrDeadlineExceeded = errors.New("deadline exceeded")
	// ErrCursorExpired: the events after the cursor are gone; start a new watch.
	ErrCursorExpired = errors.New("events after the cursor are gone")
	// ErrPermissionDenied: the caller may not do this.
	ErrPermissionDenied = errors.New("permission denied")
	// ErrUnauthenticated: the server does not know the caller, or wants credentials.
	ErrUnauthenticated = errors.New("unauthenticated")
)

var kinds = map[codes.Code]error{
	codes.InvalidArgument:   ErrInvalidRequest,
	codes.AlreadyExists:     ErrRequestIDReused,
	codes.NotFound:          ErrNotFound,
	codes.ResourceExhausted: ErrResourceExhausted,
	codes.Unavailable:       ErrUnavailable,
	codes.DeadlineExceeded:  ErrDeadlineExceeded,
	codes.OutOfRange:        ErrCursorExpired,
	codes.PermissionDenied:  ErrPermissionDenied,
	codes.Unauthenticated:   ErrUnauthenticated,
}

// FieldViolation is one field of a request that the server refused.
type FieldViolation struct {
	// Field is the path from the request, such as `content.to[1].mailbox.address`.
	Field string
	// Description says what is wrong with it, and what would be right.
	Description string
}

// Error is what a call failed with. [errors.Is] tells its kind, such as [ErrNotFound].
type Error struct {
	// Code is the gRPC status code.
	Code codes.Code
	// Message is for people.
	Message string
	// Reason is a name of mailstrompb.ErrorReason without its prefix, such as FIELD_INVALID; empty when the server
	// gave none.
	Reason string
	// Violations has every field that the server found wrong.
	Violations []FieldViolation
}

// Error implements error.
func (e *Error) Error() string {
	var text strings.Builder
	reason := e.Reason
	if reason == "" {
		reason = e.Code.String()
	}
	fmt.Fprintf(&text, "mailstrom: %s: %s", reason, e.Message)
	for _, violation := range e.Violations {
		fmt.Fprintf(&text, "; %s: %s", violation.Field, violation.Description)
	}
	return text.String()
}

// Is tells whether the error is of the kind target.
func (e *Error) Is(target error) bool {
	switch target {
	case context.DeadlineExceeded:
		return e.Code == codes.DeadlineExceeded
	case context.Canceled:
		return e.Code == codes.Canceled
	}
	kind, known := kinds[e.Code]
	return known && target == kind
}

// GRPCStatus lets google.golang.org/grpc/status see the code.
func (e *Error) GRPCStatus() *status.Status { return status.New(e.Code, e.Message) }

// toError gives an error of gRPC or of a context its details; nil stays nil.
func toError(err error) error {
	var known *Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &known):
		return known
	}
	rpc, ok := status.FromError(err)
	if !ok {
		rpc = status.FromContextError(err)
	}
	result := &Error{Code: rpc.Code(), Message: rpc.Message()}
	for _, detail := range rpc.Details() {
		switch detail := detail.(type) {
		case *errdetails.ErrorInfo:
			result.Reason = detail.GetReason()
		case *errdetails.BadRequest:
			for _, violation := range detail.GetFieldViolations() {
				result.Violations = append(result.Violations,
					FieldViolation{violation.GetField(), violation.GetDescription()})
			}
		}
	}
	return result
}

// outcomeError is what became of one request of a stream.
func outcomeError(err *mailstrompb.Error) *Error {
	result := &Error{Code: codes.Code(err.GetCode()), Message: err.GetMessage()}
	if err.GetReason() != mailstrompb.ErrorReason_ERROR_REASON_UNSPECIFIED {
		result.Reason = strings.TrimPrefix(err.GetReason().String(), "ERROR_REASON_")
	}
	for _, violation := range err.GetFieldViolations() {
		result.Violations = append(result.Violations,
			FieldViolation{violation.GetField(), violation.GetDescription()})
	}
	return result
}

// callError is toError for a call of ctx: CANCELLED that neither ctx nor Close brought about is unavailability, for so a
// server that stops refuses calls that it has not begun.
func (c *Client) callError(ctx context.Context, err error) error {
	err = toError(err)
	var known *Error
	if errors.As(err, &known) && known.Code == codes.Canceled &&
		ctx.Err() == nil && c.connection.GetState() != connectivity.Shutdown {
		known.Code = codes.Unavailable
	}
	return err
}

func isUnavailable(err error) bool { return errors.Is(err, ErrUnavailable) }
