package mailstrom

import (
	"context"
	"crypto/rand"
	"fmt"
	"iter"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	"github.com/mailstrom/mailstrom/clients/go/mailstrompb"
)

// Client calls one Mailstrom server. It is safe for concurrent use, and connects with the first call.
//
// A call that the server cannot take for now (UNAVAILABLE) is repeated, with growing pauses, until its context or, when that has
// no deadline, the client's time limit ends; see [WithTimeout]. Errors are of type [*Error].
type Client struct {
	options    *options
	connection *grpc.ClientConn
	stub       mailstrompb.MailstromServiceClient
}

// NewClient makes a client of the server at `host:port`. Close it in the end.
func NewClient(server string, opts ...Option) (*Client, error) {
	o := newOptions(opts)
	connection, err := grpc.NewClient(server, o.dialOptions()...)
	if err != nil {
		return nil, fmt.Errorf("mailstrom: %w", err)
	}
	return &Client{o, connection, mailstrompb.NewMailstromServiceClient(connection)}, nil
}

// Close closes the connection; calls under way end with an error.
func (c *Client) Close() error { return c.connection.Close() }

// Send hands one email over; it is durable when this returns. See [Email] for how to make a request. One without request_id
// goes with a random one, so that repeating it cannot make a second email.
func (c *Client) Send(ctx context.Context, request *mailstrompb.SendEmailRequest) (*mailstrompb.SendEmailResponse, error) {
	return call(ctx, c, c.stub.SendEmail, withRequestID(request))
}

// Status returns where the email and each of its recipients stand now.
func (c *Client) Status(ctx context.Context, emailID string) (*mailstrompb.Email, error) {
	response, err := call(ctx, c, c.stub.QueryStatus, &mailstrompb.QueryStatusRequest{EmailId: emailID})
	return response.GetEmail(), err
}

// Dialogues returns what was said on the wire in the last attempts, oldest first.
func (c *Client) Dialogues(ctx context.Context, emailID string) ([]*mailstrompb.Dialogue, error) {
	response, err := call(ctx, c, c.stub.QueryDialogues, &mailstrompb.QueryDialoguesRequest{EmailId: emailID})
	return response.GetDialogues(), err
}

// Cancel gives up the recipients that are not settled, and returns the email as it stands then.
func (c *Client) Cancel(ctx context.Context, emailID string) (*mailstrompb.Email, error) {
	response, err := call(ctx, c, c.stub.CancelEmail, &mailstrompb.CancelEmailRequest{EmailId: emailID})
	return response.GetEmail(), err
}

// List iterates over the emails that meet the query, newest first, reading page after page. An error is the last step. A nil
// query means all emails.
func (c *Client) List(ctx context.Context, query *mailstrompb.ListEmailsRequest) iter.Seq2[*mailstrompb.Email, error] {
	return func(yield func(*mailstrompb.Email, error) bool) {
		request := &mailstrompb.ListEmailsRequest{}
		if query != nil {
			request = proto.CloneOf(query)
		}
		for {
			page, err := call(ctx, c, c.stub.ListEmails, request)
			if err != nil {
				yield(nil, err)
				return
			}
			for _, email := range page.GetEmails() {
				if !yield(email, nil) {
					return
				}
			}
			if request.PageToken = page.GetNextPageToken(); request.PageToken == "" {
				return
			}
		}
	}
}

// WaitUntilSettled returns the email once each of its recipients is delivered or failed. It waits as long as ctx lasts.
func (c *Client) WaitUntilSettled(ctx context.Context, emailID string) (*mailstrompb.Email, error) {
	for _, err := range c.Watch(ctx, &mailstrompb.WatchStatusRequest{EmailIds: []string{emailID}}) {
		if err != nil {
			return nil, err
		}
	}
	return c.Status(ctx, emailID)
}

func call[Request, Response any](
	ctx context.Context, c *Client,
	method func(context.Context, *Request, ...grpc.CallOption) (*Response, error), request *Request,
) (*Response, error) {
	end, ok := ctx.Deadline()
	if !ok {
		end = time.Now().Add(c.options.timeout)
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, end)
		defer cancel()
	}
	var pauses backoff
	for {
		response, err := method(ctx, request)
		if err == nil {
			return response, nil
		}
		err = c.callError(ctx, err)
		if !isUnavailable(err) || !pauses.wait(ctx, end) {
			return nil, err
		}
	}
}

// withRequestID is the request itself when it has a request_id, else a copy with a random one.
func withRequestID(request *mailstrompb.SendEmailRequest) *mailstrompb.SendEmailRequest {
	if request.GetRequestId() != "" {
		return request
	}
	request = proto.CloneOf(request)
	request.RequestId = rand.Text()
	return request
}
