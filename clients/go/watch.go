package mailstrom

import (
	"context"
	"errors"
	"io"
	"iter"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	"github.com/mailstrom/mailstrom/clients/go/mailstrompb"
)

// Watch follows emails: those of the request's email_ids, all that carry its tags, or all. It iterates over snapshots and events; to
// leave the loop ends the call, and an error is the last step.
//
// With email_ids it begins with a snapshot of each email and ends by itself once all are settled. When the connection breaks
// it goes on from its cursor, so that no event is missed and none comes twice. Each response bears a cursor; a request with
// it goes on after that response.
func (c *Client) Watch(
	ctx context.Context, request *mailstrompb.WatchStatusRequest,
) iter.Seq2[*mailstrompb.WatchStatusResponse, error] {
	return func(yield func(*mailstrompb.WatchStatusResponse, error) bool) {
		watch := newWatchState(request, c.options, time.Now())
		for {
			err := c.watchOnce(ctx, watch, yield)
			if err == nil {
				return
			}
			err = c.callError(ctx, err)
			if !isUnavailable(err) || !watch.pauses.wait(ctx, watch.patience(time.Now())) {
				if ctx.Err() != nil {
					err = toError(ctx.Err())
				}
				yield(nil, err)
				return
			}
		}
	}
}

// watchOnce is one stream from its start to its end. Nil: the watch is over.
func (c *Client) watchOnce(
	ctx context.Context, watch *watchState, yield func(*mailstrompb.WatchStatusResponse, error) bool,
) error {
	streamCtx, cancel := context.WithCancel(ctx)
	defer cancel()
	stream, err := c.stub.WatchStatus(streamCtx, watch.request)
	if err != nil {
		return err
	}
	silence := time.AfterFunc(c.options.silenceLimit, cancel)
	defer silence.Stop()
	for {
		response, err := stream.Recv()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil && ctx.Err() == nil && streamCtx.Err() != nil:
			return &Error{Code: codes.Unavailable, Message: "the server has fallen silent"}
		case err != nil:
			return err
		}
		// The caller may take any time for what it gets.
		if !silence.Stop() {
			return &Error{Code: codes.Unavailable, Message: "the server has fallen silent"}
		}
		if watch.accept(response) && !yield(response, nil) {
			return nil
		}
		silence.Reset(c.options.silenceLimit)
	}
}

// watchState is where a watch stands, over all its streams.
type watchState struct {
	request        *mailstrompb.WatchStatusRequest
	pauses         backoff
	reconnectLimit time.Duration
	// Until when an outage may last; the zero time while there is none.
	outageEnd time.Time
	// Last revision handed out of each of the email_ids, which bounds it.
	revisions map[string]int64
}

func newWatchState(request *mailstrompb.WatchStatusRequest, o *options, now time.Time) *watchState {
	state := &watchState{
		request:        &mailstrompb.WatchStatusRequest{},
		reconnectLimit: o.reconnectLimit,
		// Before the first response the time limit of a call counts.
		outageEnd: now.Add(o.timeout),
		revisions: map[string]int64{},
	}
	if request != nil {
		state.request = proto.CloneOf(request)
	}
	return state
}

// accept takes note of a response; false when it is not to be handed out.
func (s *watchState) accept(response *mailstrompb.WatchStatusResponse) bool {
	s.pauses.reset()
	s.outageEnd = time.Time{}
	if response.GetCursor() != "" {
		s.request.Cursor = response.GetCursor()
	}
	switch update := response.GetUpdate().(type) {
	case *mailstrompb.WatchStatusResponse_Snapshot:
		s.revisions[update.Snapshot.GetEmailId()] = update.Snapshot.GetRevision()
		return true
	case *mailstrompb.WatchStatusResponse_Event:
		if len(s.request.GetEmailIds()) == 0 {
			return true
		}
		// After a snapshot the log may show again what the snapshot showed.
		if update.Event.GetRevision() <= s.revisions[update.Event.GetEmailId()] {
			return false
		}
		s.revisions[update.Event.GetEmailId()] = update.Event.GetRevision()
		return true
	}
	return false
}

// patience is until when the present outage may last.
func (s *watchState) patience(now time.Time) time.Time {
	if s.outageEnd.IsZero() {
		s.outageEnd = now.Add(s.reconnectLimit)
	}
	return s.outageEnd
}
