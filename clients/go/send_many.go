package mailstrom

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"slices"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	"github.com/mailstrom/mailstrom/clients/go/mailstrompb"
)

const (
	defaultWindow = 128
	// What the server takes in without having answered; half of its bytes, for the framing and for other streams.
	maxWindow      = 256
	maxWindowBytes = 8 << 20
)

// Outcome is what became of one request of [Client.SendMany].
type Outcome struct {
	// Index is the place of the request, counted from 0.
	Index int64
	// Request as it went, with its request_id.
	Request *mailstrompb.SendEmailRequest
	// Response is set when the email is durable.
	Response *mailstrompb.SendEmailResponse
	// Err is set when it was refused; nothing was stored then.
	Err *Error
}

// SendManyOption changes how [Client.SendMany] works.
type SendManyOption func(*sending)

// WithWindow sets how many requests may be taken ahead of their outcomes, 1 to 256. Default: 128.
func WithWindow(size int) SendManyOption {
	return func(s *sending) { s.window.size = size }
}

// SendMany hands many emails over on one stream, and iterates over what became of each, in the order of the answers. A request that
// is refused leaves the others alone; an error is the last step and ends it all.
//
// Requests are taken while the outcomes are iterated, by the same goroutine, never more than the window ahead of them. When the connection
// breaks, what has no answer is sent again, without making a second email. It ends with an error when no answer comes for the
// client's time limit; see [WithTimeout].
func (c *Client) SendMany(
	ctx context.Context, requests iter.Seq[*mailstrompb.SendEmailRequest], opts ...SendManyOption,
) iter.Seq2[Outcome, error] {
	return func(yield func(Outcome, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		next, stop := iter.Pull(requests)
		defer stop()
		s := &sending{client: c, ctx: ctx, next: next}
		s.window.size = defaultWindow
		for _, option := range opts {
			option(s)
		}
		if s.window.size < 1 || s.window.size > maxWindow {
			yield(Outcome{}, fmt.Errorf("mailstrom: the window must be from 1 to %d, not %d", maxWindow, s.window.size))
			return
		}
		for !s.exhausted || !s.window.isEmpty() {
			answer, err := s.step()
			if err != nil {
				yield(Outcome{}, err)
				return
			}
			if answer == nil {
				continue
			}
			if outcome, fresh := s.window.settle(answer); fresh && !yield(outcome, nil) {
				return
			}
		}
	}
}

// sending is one SendMany, over all its streams.
type sending struct {
	client    *Client
	ctx       context.Context
	next      func() (*mailstrompb.SendEmailRequest, bool)
	exhausted bool
	window    window
	stream    *sendStream
	pauses    backoff
	// Until when an answer has to come.
	patience time.Time
}

// step does the next thing that can be done; returns the answer when it was one.
func (s *sending) step() (*mailstrompb.SendEmailsResponse, error) {
	if s.stream == nil {
		s.stream = openSendStream(s.ctx, s.client.stub, s.window.unanswered())
	}
	if !s.exhausted && s.window.hasRoom() && len(s.stream.answers) == 0 {
		wasIdle := s.window.isEmpty()
		if request, more := s.next(); more {
			s.stream.send(s.window.add(request))
		} else {
			s.exhausted = true
		}
		if wasIdle {
			s.patience = time.Now().Add(s.client.options.timeout)
		}
		return nil, nil
	}
	answer, err := s.stream.receive(s.ctx, s.patience)
	if err == nil {
		s.pauses.reset()
		s.patience = time.Now().Add(s.client.options.timeout)
		return answer, nil
	}
	s.stream.close()
	s.stream = nil
	if err = s.client.callError(s.ctx, err); isUnavailable(err) && s.pauses.wait(s.ctx, s.patience) {
		return nil, nil
	}
	if s.ctx.Err() != nil {
		err = toError(s.ctx.Err())
	}
	return nil, err
}

// sendStream is one call, whose answers a goroutine collects.
type sendStream struct {
	cancel  context.CancelFunc
	call    mailstrompb.MailstromService_SendEmailsClient
	answers chan *mailstrompb.SendEmailsResponse
	// Why there are no more answers; to be read once answers is closed.
	err error
}

func openSendStream(
	ctx context.Context, stub mailstrompb.MailstromServiceClient, requests []*mailstrompb.SendEmailsRequest,
) *sendStream {
	ctx, cancel := context.WithCancel(ctx)
	// No more answers than that can be on their way.
	stream := &sendStream{cancel: cancel, answers: make(chan *mailstrompb.SendEmailsResponse, maxWindow)}
	if stream.call, stream.err = stub.SendEmails(ctx); stream.err != nil {
		close(stream.answers)
		return stream
	}
	go stream.collect()
	for _, request := range requests {
		stream.send(request)
	}
	return stream
}

func (s *sendStream) collect() {
	defer close(s.answers)
	for {
		answer, err := s.call.Recv()
		if errors.Is(err, io.EOF) {
			err = &Error{Code: codes.Unavailable, Message: "the server ended the stream before its time"}
		}
		if err != nil {
			s.err = err
			return
		}
		s.answers <- answer
	}
}

// send hands a request to the stream. When that has broken, receive tells how.
func (s *sendStream) send(request *mailstrompb.SendEmailsRequest) {
	if s.call != nil {
		_ = s.call.Send(request)
	}
}

func (s *sendStream) receive(ctx context.Context, end time.Time) (*mailstrompb.SendEmailsResponse, error) {
	timer := time.NewTimer(time.Until(end))
	defer timer.Stop()
	select {
	case answer, ok := <-s.answers:
		if !ok {
			return nil, s.err
		}
		return answer, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-timer.C:
		return nil, &Error{Code: codes.DeadlineExceeded, Message: "the server gave no answer within the time limit"}
	}
}

func (s *sendStream) close() { s.cancel() }

// window numbers requests and keeps each until it is answered, so that a new stream can send it again.
type window struct {
	size      int
	nextIndex int64
	bytes     int
	requests  map[int64]*mailstrompb.SendEmailsRequest
}

func (w *window) hasRoom() bool { return len(w.requests) < w.size && w.bytes < maxWindowBytes }

func (w *window) isEmpty() bool { return len(w.requests) == 0 }

func (w *window) add(request *mailstrompb.SendEmailRequest) *mailstrompb.SendEmailsRequest {
	numbered := &mailstrompb.SendEmailsRequest{Index: w.nextIndex, Request: withRequestID(request)}
	if w.requests == nil {
		w.requests = map[int64]*mailstrompb.SendEmailsRequest{}
	}
	w.requests[w.nextIndex] = numbered
	w.bytes += proto.Size(numbered)
	w.nextIndex++
	return numbered
}

// unanswered is what has to be sent again, in order.
func (w *window) unanswered() []*mailstrompb.SendEmailsRequest {
	var requests []*mailstrompb.SendEmailsRequest
	for _, index := range slices.Sorted(maps.Keys(w.requests)) {
		requests = append(requests, w.requests[index])
	}
	return requests
}

// settle is the outcome that an answer tells; false when its request was answered before.
func (w *window) settle(answer *mailstrompb.SendEmailsResponse) (Outcome, bool) {
	numbered, ok := w.requests[answer.GetIndex()]
	if !ok {
		return Outcome{}, false
	}
	delete(w.requests, answer.GetIndex())
	w.bytes -= proto.Size(numbered)
	outcome := Outcome{Index: numbered.GetIndex(), Request: numbered.GetRequest(), Response: answer.GetResponse()}
	if refusal := answer.GetError(); refusal != nil {
		outcome.Err = outcomeError(refusal)
	}
	return outcome, true
}
