// Command driver passes commands on to the library, as clients/conformance/README.md describes it.
package main

import (
	"bufio"
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"google.golang.org/grpc/codes"

	mailstrom "github.com/mailstrom/mailstrom/clients/go"
	pb "github.com/mailstrom/mailstrom/clients/go/mailstrompb"
)

type command struct {
	Op              string            `json:"op"`
	Server          string            `json:"server"`
	RootCertificate string            `json:"root_certificate"`
	APIKey          string            `json:"api_key"`
	Email           email             `json:"email"`
	Emails          []email           `json:"emails"`
	Window          int               `json:"window"`
	EmailID         string            `json:"email_id"`
	EmailIDs        []string          `json:"email_ids"`
	Tags            map[string]string `json:"tags"`
	Cursor          string            `json:"cursor"`
	MaxEvents       int               `json:"max_events"`
	PageSize        int32             `json:"page_size"`
	Timeout         float64           `json:"timeout"`
}

type email struct {
	From        string            `json:"from"`
	To          []string          `json:"to"`
	CC          []string          `json:"cc"`
	BCC         []string          `json:"bcc"`
	Subject     string            `json:"subject"`
	Text        string            `json:"text"`
	HTML        string            `json:"html"`
	Tags        map[string]string `json:"tags"`
	Attachments []string          `json:"attachments"`
	RequestID   string            `json:"request_id"`
	SendAfter   float64           `json:"send_after"`
}

type object map[string]any

func (e email) request() (*pb.SendEmailRequest, error) {
	built := mailstrom.Email{
		From: e.From, To: e.To, CC: e.CC, BCC: e.BCC, Subject: e.Subject, Text: e.Text, HTML: e.HTML,
		Tags: e.Tags, RequestID: e.RequestID,
	}
	if e.SendAfter > 0 {
		built.SendTime = time.Now().Add(seconds(e.SendAfter))
	}
	for _, path := range e.Attachments {
		attachment, err := mailstrom.AttachFile(path)
		if err != nil {
			return nil, err
		}
		built.Attachments = append(built.Attachments, attachment)
	}
	return built.Request(), nil
}

func seconds(number float64) time.Duration { return time.Duration(number * float64(time.Second)) }

func say(name string, value any) {
	line, err := json.Marshal(object{name: value})
	if err != nil {
		panic(err)
	}
	fmt.Printf("%s\n", line)
}

func fromRecipient(r *pb.Recipient) object {
	return object{
		"address":       r.GetAddress(),
		"state":         strings.TrimPrefix(r.GetState().String(), "STATE_"),
		"attempt_count": r.GetAttemptCount(),
		"failure_cause": strings.TrimPrefix(r.GetFailureCause().String(), "FAILURE_CAUSE_"),
		"reply_code":    r.GetLastAttempt().GetReply().GetCode(),
	}
}

func fromEmail(e *pb.Email) object {
	recipients := []object{}
	for _, recipient := range e.GetRecipients() {
		recipients = append(recipients, fromRecipient(recipient))
	}
	return object{
		"email_id":   e.GetEmailId(),
		"state":      strings.TrimPrefix(e.GetState().String(), "STATE_"),
		"revision":   e.GetRevision(),
		"tags":       e.GetTags(),
		"recipients": recipients,
	}
}

func fromResponse(r *pb.WatchStatusResponse) object {
	if snapshot := r.GetSnapshot(); snapshot != nil {
		return object{"kind": "snapshot", "cursor": r.GetCursor(), "status": fromEmail(snapshot)}
	}
	event := r.GetEvent()
	return object{
		"kind":        "event",
		"cursor":      r.GetCursor(),
		"email_id":    event.GetEmailId(),
		"revision":    event.GetRevision(),
		"email_state": strings.TrimPrefix(event.GetEmailState().String(), "STATE_"),
		"recipient":   fromRecipient(event.GetRecipient()),
	}
}

var kinds = map[string]error{
	"invalid_request":    mailstrom.ErrInvalidRequest,
	"request_id_reused":  mailstrom.ErrRequestIDReused,
	"not_found":          mailstrom.ErrNotFound,
	"resource_exhausted": mailstrom.ErrResourceExhausted,
	"unavailable":        mailstrom.ErrUnavailable,
	"deadline_exceeded":  mailstrom.ErrDeadlineExceeded,
	"cursor_expired":     mailstrom.ErrCursorExpired,
	"permission_denied":  mailstrom.ErrPermissionDenied,
	"unauthenticated":    mailstrom.ErrUnauthenticated,
}

// The gRPC names of the codes that a server of ours uses.
var codeNames = map[codes.Code]string{
	codes.InvalidArgument:   "INVALID_ARGUMENT",
	codes.AlreadyExists:     "ALREADY_EXISTS",
	codes.NotFound:          "NOT_FOUND",
	codes.ResourceExhausted: "RESOURCE_EXHAUSTED",
	codes.Unavailable:       "UNAVAILABLE",
	codes.DeadlineExceeded:  "DEADLINE_EXCEEDED",
	codes.OutOfRange:        "OUT_OF_RANGE",
	codes.PermissionDenied:  "PERMISSION_DENIED",
	codes.Unauthenticated:   "UNAUTHENTICATED",
}

func fromError(err error) object {
	var failure *mailstrom.Error
	if !errors.As(err, &failure) {
		return object{"kind": "other", "code": "", "reason": "", "message": err.Error(), "violations": []object{}}
	}
	kind := "other"
	for name, each := range kinds {
		if errors.Is(err, each) {
			kind = name
		}
	}
	violations := []object{}
	for _, each := range failure.Violations {
		violations = append(violations, object{"field": each.Field, "description": each.Description})
	}
	return object{
		"kind": kind, "code": codeNames[failure.Code], "reason": failure.Reason, "message": failure.Message,
		"violations": violations,
	}
}

type driver struct{ client *mailstrom.Client }

func (d *driver) run(c command) (any, error) {
	ctx := context.Background()
	if c.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, seconds(c.Timeout))
		defer cancel()
	}
	switch c.Op {
	case "connect":
		return object{}, d.connect(c)
	case "send":
		return d.send(ctx, c)
	case "send_many":
		return d.sendMany(ctx, c)
	case "status":
		email, err := d.client.Status(ctx, c.EmailID)
		return fromEmail(email), err
	case "wait_until_settled":
		email, err := d.client.WaitUntilSettled(ctx, c.EmailID)
		return fromEmail(email), err
	case "cancel":
		email, err := d.client.Cancel(ctx, c.EmailID)
		return fromEmail(email), err
	case "list":
		for email, err := range d.client.List(ctx, &pb.ListEmailsRequest{PageSize: c.PageSize, Tags: c.Tags}) {
			if err != nil {
				return nil, err
			}
			say("item", fromEmail(email))
		}
		return object{}, nil
	case "watch":
		return object{}, d.watch(ctx, c)
	}
	return nil, fmt.Errorf("no such command: %q", c.Op)
}

func (d *driver) connect(c command) error {
	var options []mailstrom.Option
	if c.RootCertificate != "" {
		pem, err := os.ReadFile(c.RootCertificate)
		if err != nil {
			return err
		}
		roots := x509.NewCertPool()
		roots.AppendCertsFromPEM(pem)
		options = append(options, mailstrom.WithTLS(roots))
	}
	if c.APIKey != "" {
		options = append(options, mailstrom.WithAPIKey(c.APIKey))
	}
	client, err := mailstrom.NewClient(c.Server, options...)
	d.client = client
	return err
}

func (d *driver) send(ctx context.Context, c command) (any, error) {
	request, err := c.Email.request()
	if err != nil {
		return nil, err
	}
	sent, err := d.client.Send(ctx, request)
	return fromSent(sent), err
}

func fromSent(sent *pb.SendEmailResponse) object {
	return object{"email_id": sent.GetEmail().GetEmailId(), "replayed": sent.GetReplayed()}
}

func (d *driver) sendMany(ctx context.Context, c command) (any, error) {
	unanswered, most := 0, 0
	requests := func(yield func(*pb.SendEmailRequest) bool) {
		for _, each := range c.Emails {
			request, err := each.request()
			if err != nil {
				panic(err)
			}
			unanswered++
			most = max(most, unanswered)
			if !yield(request) {
				return
			}
		}
	}
	var options []mailstrom.SendManyOption
	if c.Window > 0 {
		options = append(options, mailstrom.WithWindow(c.Window))
	}
	for outcome, err := range d.client.SendMany(ctx, requests, options...) {
		if err != nil {
			return nil, err
		}
		unanswered--
		item := fromSent(outcome.Response)
		if outcome.Err != nil {
			item = object{"error": fromError(outcome.Err)}
		}
		item["index"] = outcome.Index
		say("item", item)
	}
	return object{"max_unanswered": most}, nil
}

func (d *driver) watch(ctx context.Context, c command) error {
	events := 0
	request := &pb.WatchStatusRequest{EmailIds: c.EmailIDs, Tags: c.Tags, Cursor: c.Cursor}
	for response, err := range d.client.Watch(ctx, request) {
		if err != nil {
			return err
		}
		say("item", fromResponse(response))
		if response.GetEvent() != nil {
			events++
		}
		if c.MaxEvents > 0 && events == c.MaxEvents {
			break
		}
	}
	return nil
}

func main() {
	var d driver
	lines := bufio.NewReader(os.Stdin)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return
		}
		var c command
		if err := json.Unmarshal(line, &c); err != nil {
			panic(err)
		}
		if result, err := d.run(c); err != nil {
			say("error", fromError(err))
		} else {
			say("result", result)
		}
	}
}
