package mailstrom_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	mailstrom "github.com/mailstrom/mailstrom/clients/go"
	pb "github.com/mailstrom/mailstrom/clients/go/mailstrompb"
)

func TestSendKeepsItsRequestIDForAllTries(t *testing.T) {
	server := startServer(t)
	server.onSend = func(request *pb.SendEmailRequest) (*pb.SendEmailResponse, error) {
		if len(server.sent) < 3 {
			return nil, refusal(codes.Unavailable, "DRAINING")
		}
		return accept(request)
	}
	client := server.client(t)
	request := &pb.SendEmailRequest{}
	if _, err := client.Send(within(t, 10*time.Second), request); err != nil {
		t.Fatal(err)
	}
	id := server.sent[0].GetRequestId()
	if len(server.sent) != 3 || len(id) < 20 || server.sent[1].GetRequestId() != id || server.sent[2].GetRequestId() != id {
		t.Errorf("sent %v", server.sent)
	}
	if request.GetRequestId() != "" {
		t.Error("the caller's request was changed")
	}
	if _, err := client.Send(t.Context(), &pb.SendEmailRequest{RequestId: "mine"}); err != nil {
		t.Fatal(err)
	}
	if server.sent[3].GetRequestId() != "mine" {
		t.Errorf("sent %v", server.sent[3])
	}
}

func TestWhatAStoppingServerCancelsIsRepeated(t *testing.T) {
	server := startServer(t)
	server.onSend = func(request *pb.SendEmailRequest) (*pb.SendEmailResponse, error) {
		if len(server.sent) == 1 {
			return nil, refusal(codes.Canceled, "")
		}
		return accept(request)
	}
	streams := 0
	server.onSendMany = func(stream pb.MailstromService_SendEmailsServer) error {
		if streams++; streams == 1 {
			return refusal(codes.Canceled, "")
		}
		return answerAll(stream)
	}
	watches := 0
	server.onWatch = func(*pb.WatchStatusRequest, pb.MailstromService_WatchStatusServer) error {
		if watches++; watches == 1 {
			return refusal(codes.Canceled, "")
		}
		return nil
	}
	client := server.client(t)
	if _, err := client.Send(t.Context(), &pb.SendEmailRequest{}); err != nil {
		t.Error(err)
	}
	taken := 0
	for _, err := range client.SendMany(t.Context(), requests(1, &taken)) {
		if err != nil {
			t.Error(err)
		}
	}
	if _, err := client.WaitUntilSettled(t.Context(), "a"); err != nil {
		t.Error(err)
	}
	if len(server.sent) != 2 || streams != 2 || watches != 2 {
		t.Errorf("tried %d, %d and %d times", len(server.sent), streams, watches)
	}
}

func TestWhatTheCallerCancelsIsNotRepeated(t *testing.T) {
	server := startServer(t)
	ctx, cancel := context.WithCancel(t.Context())
	server.onSend = func(*pb.SendEmailRequest) (*pb.SendEmailResponse, error) {
		cancel()
		return nil, refusal(codes.Canceled, "")
	}
	client := server.client(t)
	if _, err := client.Send(ctx, &pb.SendEmailRequest{}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if len(server.sent) != 1 {
		t.Errorf("tried %d times", len(server.sent))
	}
	_ = client.Close()
	if _, err := client.Send(within(t, time.Second), &pb.SendEmailRequest{}); !errors.Is(err, context.Canceled) {
		t.Errorf("a closed client: %v", err)
	}
}

func TestErrorsCarryReasonAndViolations(t *testing.T) {
	server := startServer(t)
	server.onSend = func(*pb.SendEmailRequest) (*pb.SendEmailResponse, error) {
		return nil, refusal(codes.InvalidArgument, "FIELD_INVALID", "content.to", "content.from")
	}
	_, err := server.client(t).Send(t.Context(), &pb.SendEmailRequest{})
	var failure *mailstrom.Error
	if !errors.As(err, &failure) || !errors.Is(err, mailstrom.ErrInvalidRequest) || errors.Is(err, mailstrom.ErrNotFound) {
		t.Fatalf("got %v", err)
	}
	want := []mailstrom.FieldViolation{{"content.to", "is wrong"}, {"content.from", "is wrong"}}
	if failure.Reason != "FIELD_INVALID" || failure.Message != "refused" || !slices.Equal(failure.Violations, want) {
		t.Errorf("got %+v", failure)
	}
	if text := err.Error(); text != "mailstrom: FIELD_INVALID: refused; content.to: is wrong; content.from: is wrong" {
		t.Errorf("got %q", text)
	}
	if status.Code(err) != codes.InvalidArgument {
		t.Errorf("gRPC sees %v", status.Code(err))
	}
	if len(server.sent) != 1 {
		t.Errorf("tried %d times", len(server.sent))
	}
}

func TestEachCodeHasItsKind(t *testing.T) {
	for code, kind := range map[codes.Code]error{
		codes.InvalidArgument:   mailstrom.ErrInvalidRequest,
		codes.AlreadyExists:     mailstrom.ErrRequestIDReused,
		codes.NotFound:          mailstrom.ErrNotFound,
		codes.ResourceExhausted: mailstrom.ErrResourceExhausted,
		codes.Unavailable:       mailstrom.ErrUnavailable,
		codes.DeadlineExceeded:  mailstrom.ErrDeadlineExceeded,
		codes.OutOfRange:        mailstrom.ErrCursorExpired,
		codes.PermissionDenied:  mailstrom.ErrPermissionDenied,
		codes.Unauthenticated:   mailstrom.ErrUnauthenticated,
	} {
		if err := error(&mailstrom.Error{Code: code}); !errors.Is(err, kind) {
			t.Errorf("%v is not %v", code, kind)
		}
	}
	if !errors.Is(&mailstrom.Error{Code: codes.DeadlineExceeded}, context.DeadlineExceeded) ||
		!errors.Is(&mailstrom.Error{Code: codes.Canceled}, context.Canceled) {
		t.Error("the errors of contexts are not recognised")
	}
}

func TestUnavailableEndsWithTheTimeLimit(t *testing.T) {
	server := startServer(t)
	server.onSend = func(*pb.SendEmailRequest) (*pb.SendEmailResponse, error) {
		return nil, refusal(codes.Unavailable, "")
	}
	byClient := server.client(t, mailstrom.WithTimeout(500*time.Millisecond))
	if _, err := byClient.Send(t.Context(), &pb.SendEmailRequest{}); !errors.Is(err, mailstrom.ErrUnavailable) {
		t.Errorf("got %v", err)
	}
	if tries := len(server.sent); tries < 2 || tries > 6 {
		t.Errorf("tried %d times", tries)
	}
	byContext := within(t, 300*time.Millisecond)
	if _, err := server.client(t).Send(byContext, &pb.SendEmailRequest{}); !errors.Is(err, mailstrom.ErrUnavailable) {
		t.Errorf("got %v", err)
	}
}

func TestAnAPIKeyNeedsTLS(t *testing.T) {
	if _, err := mailstrom.NewClient("127.0.0.1:1", mailstrom.WithAPIKey("secret")); err == nil {
		t.Error("it would go out in clear")
	}
}

func TestListGoesThroughThePages(t *testing.T) {
	server := startServer(t)
	var asked []*pb.ListEmailsRequest
	server.onList = func(request *pb.ListEmailsRequest) *pb.ListEmailsResponse {
		asked = append(asked, request)
		page, _ := strconv.Atoi(request.GetPageToken())
		response := &pb.ListEmailsResponse{}
		// One page may be empty without being the last.
		if page != 1 {
			response.Emails = []*pb.Email{{EmailId: strconv.Itoa(page)}}
		}
		if page < 3 {
			response.NextPageToken = strconv.Itoa(page + 1)
		}
		return response
	}
	query := &pb.ListEmailsRequest{PageSize: 7}
	var ids []string
	for email, err := range server.client(t).List(t.Context(), query) {
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, email.GetEmailId())
	}
	if !slices.Equal(ids, []string{"0", "2", "3"}) || len(asked) != 4 || asked[3].GetPageSize() != 7 {
		t.Errorf("got %v by %v", ids, asked)
	}
	if query.GetPageToken() != "" {
		t.Error("the caller's query was changed")
	}
	for range server.client(t).List(t.Context(), query) {
		break
	}
	if len(asked) != 5 {
		t.Error("leaving the loop did not stop it")
	}
}

func requests(count int, taken *int) iter.Seq[*pb.SendEmailRequest] {
	return func(yield func(*pb.SendEmailRequest) bool) {
		for range count {
			*taken++
			if !yield(&pb.SendEmailRequest{}) {
				return
			}
		}
	}
}

func TestSendManyTakesNoMoreThanTheWindow(t *testing.T) {
	server := startServer(t)
	taken, answered := 0, 0
	for outcome, err := range server.client(t).SendMany(t.Context(), requests(100, &taken), mailstrom.WithWindow(8)) {
		if err != nil {
			t.Fatal(err)
		}
		if ahead := taken - answered; ahead > 8 {
			t.Fatalf("%d taken ahead", ahead)
		}
		answered++
		if got := outcome.Response.GetEmail().GetEmailId(); got != "id of "+outcome.Request.GetRequestId() {
			t.Errorf("got %q for %v", got, outcome.Request)
		}
	}
	if taken != 100 || answered != 100 {
		t.Errorf("%d taken, %d answered", taken, answered)
	}
}

func TestSendManySendsAgainWhatHasNoAnswer(t *testing.T) {
	server := startServer(t)
	var streams [][]*pb.SendEmailsRequest
	server.onSendMany = func(stream pb.MailstromService_SendEmailsServer) error {
		streams = append(streams, nil)
		received := &streams[len(streams)-1]
		for {
			numbered, err := stream.Recv()
			if err != nil {
				return nil
			}
			*received = append(*received, numbered)
			if len(streams) > 1 {
				_ = stream.Send(answer(numbered))
			} else if len(*received) == 3 {
				_ = stream.Send(answer((*received)[1]))
				return refusal(codes.Unavailable, "DRAINING")
			}
		}
	}
	taken := 0
	var indices []int64
	for outcome, err := range server.client(t).SendMany(t.Context(), requests(5, &taken), mailstrom.WithWindow(3)) {
		if err != nil {
			t.Fatal(err)
		}
		indices = append(indices, outcome.Index)
	}
	slices.Sort(indices)
	if !slices.Equal(indices, []int64{0, 1, 2, 3, 4}) {
		t.Errorf("answered: %v", indices)
	}
	first, second := streams[0], streams[1]
	if len(second) != 4 || second[0].GetIndex() != 0 || second[1].GetIndex() != 2 {
		t.Fatalf("sent again: %v", second)
	}
	if second[0].GetRequest().GetRequestId() != first[0].GetRequest().GetRequestId() {
		t.Error("it went with another request_id")
	}
}

func TestSendManyTellsOfRefusals(t *testing.T) {
	server := startServer(t)
	server.onSendMany = func(stream pb.MailstromService_SendEmailsServer) error {
		_, _ = stream.Recv()
		failure := &pb.Error{
			Code: int32(codes.ResourceExhausted), Message: "full", Reason: pb.ErrorReason_ERROR_REASON_QUEUE_FULL,
		}
		return stream.Send(&pb.SendEmailsResponse{Result: &pb.SendEmailsResponse_Error{Error: failure}})
	}
	taken := 0
	for outcome, err := range server.client(t).SendMany(t.Context(), requests(1, &taken)) {
		if err != nil || !errors.Is(outcome.Err, mailstrom.ErrResourceExhausted) || outcome.Err.Reason != "QUEUE_FULL" {
			t.Errorf("got %v, %v", outcome.Err, err)
		}
	}
}

func TestSendManyGivesUpOnASilentServer(t *testing.T) {
	server := startServer(t)
	server.onSendMany = func(stream pb.MailstromService_SendEmailsServer) error {
		<-stream.Context().Done()
		return nil
	}
	client := server.client(t, mailstrom.WithTimeout(200*time.Millisecond))
	taken, steps := 0, 0
	for _, err := range client.SendMany(t.Context(), requests(1, &taken)) {
		steps++
		if !errors.Is(err, mailstrom.ErrDeadlineExceeded) {
			t.Errorf("got %v", err)
		}
	}
	if steps != 1 {
		t.Errorf("%d steps", steps)
	}
}

func TestSendManyRefusesABadWindow(t *testing.T) {
	taken := 0
	for _, err := range startServer(t).client(t).SendMany(t.Context(), requests(1, &taken), mailstrom.WithWindow(257)) {
		if err == nil {
			t.Error("accepted")
		}
	}
}

func TestWatchGoesOnFromItsCursor(t *testing.T) {
	server := startServer(t)
	var cursors []string
	server.onWatch = func(request *pb.WatchStatusRequest, stream pb.MailstromService_WatchStatusServer) error {
		cursors = append(cursors, request.GetCursor())
		step, _ := strconv.Atoi(request.GetCursor())
		_ = stream.Send(event(int64(step+1), strconv.Itoa(step+1)))
		if step < 3 {
			return refusal(codes.Unavailable, "DRAINING")
		}
		return nil
	}
	request := &pb.WatchStatusRequest{EmailIds: []string{"a"}}
	var revisions []int64
	for response, err := range server.client(t).Watch(within(t, 10*time.Second), request) {
		if err != nil {
			t.Fatal(err)
		}
		revisions = append(revisions, response.GetEvent().GetRevision())
	}
	if !slices.Equal(revisions, []int64{1, 2, 3, 4}) || !slices.Equal(cursors, []string{"", "1", "2", "3"}) {
		t.Errorf("revisions %v, cursors %v", revisions, cursors)
	}
	if request.GetCursor() != "" {
		t.Error("the caller's request was changed")
	}
}

func TestLeavingAWatchEndsTheCall(t *testing.T) {
	server := startServer(t)
	ended := make(chan struct{})
	server.onWatch = func(_ *pb.WatchStatusRequest, stream pb.MailstromService_WatchStatusServer) error {
		_ = stream.Send(event(1, "1"))
		<-stream.Context().Done()
		close(ended)
		return nil
	}
	for range server.client(t).Watch(t.Context(), nil) {
		break
	}
	<-ended
}

func TestWatchEndsWithItsContext(t *testing.T) {
	server := startServer(t)
	server.onWatch = func(_ *pb.WatchStatusRequest, stream pb.MailstromService_WatchStatusServer) error {
		<-stream.Context().Done()
		return nil
	}
	_, err := server.client(t).WaitUntilSettled(within(t, 100*time.Millisecond), "a")
	if !errors.Is(err, mailstrom.ErrDeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := server.client(t).WaitUntilSettled(ctx, "a"); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func ExampleEmail() {
	email := mailstrom.Email{
		From:    "Ann <ann@sender.test>",
		To:      []string{"bob@receiver.test"},
		Subject: "Hello",
		Text:    "It works.\n",
	}
	content := email.Request().GetContent()
	fmt.Println(content.GetFrom()[0].GetMailbox().GetDisplayName(), content.GetTo()[0].GetMailbox().GetAddress())
	// Output: Ann bob@receiver.test
}
