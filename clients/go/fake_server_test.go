package mailstrom_test

import (
	"context"
	"net"
	"sync"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/protoadapt"

	mailstrom "github.com/mailstrom/mailstrom/clients/go"
	pb "github.com/mailstrom/mailstrom/clients/go/mailstrompb"
)

// fakeServer is a server of the API whose answers the test writes down.
type fakeServer struct {
	pb.UnimplementedMailstromServiceServer
	address    string
	onSend     func(*pb.SendEmailRequest) (*pb.SendEmailResponse, error)
	onSendMany func(pb.MailstromService_SendEmailsServer) error
	onWatch    func(*pb.WatchStatusRequest, pb.MailstromService_WatchStatusServer) error
	onList     func(*pb.ListEmailsRequest) *pb.ListEmailsResponse

	mu       sync.Mutex
	sent     []*pb.SendEmailRequest
	metadata []metadata.MD
}

func startServer(t *testing.T, options ...grpc.ServerOption) *fakeServer {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	fake := &fakeServer{address: listener.Addr().String(), onSend: accept, onSendMany: answerAll}
	server := grpc.NewServer(options...)
	pb.RegisterMailstromServiceServer(server, fake)
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(server.Stop)
	return fake
}

func (s *fakeServer) client(t *testing.T, options ...mailstrom.Option) *mailstrom.Client {
	t.Helper()
	client, err := mailstrom.NewClient(s.address, options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return client
}

func (s *fakeServer) SendEmail(ctx context.Context, request *pb.SendEmailRequest) (*pb.SendEmailResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sent = append(s.sent, request)
	md, _ := metadata.FromIncomingContext(ctx)
	s.metadata = append(s.metadata, md)
	return s.onSend(request)
}

func (s *fakeServer) SendEmails(stream pb.MailstromService_SendEmailsServer) error {
	return s.onSendMany(stream)
}

func (s *fakeServer) WatchStatus(
	request *pb.WatchStatusRequest, stream pb.MailstromService_WatchStatusServer,
) error {
	return s.onWatch(request, stream)
}

func (s *fakeServer) ListEmails(_ context.Context, request *pb.ListEmailsRequest) (*pb.ListEmailsResponse, error) {
	return s.onList(request), nil
}

func (s *fakeServer) QueryStatus(_ context.Context, request *pb.QueryStatusRequest) (*pb.QueryStatusResponse, error) {
	return &pb.QueryStatusResponse{Email: &pb.Email{EmailId: request.GetEmailId()}}, nil
}

func accept(request *pb.SendEmailRequest) (*pb.SendEmailResponse, error) {
	return &pb.SendEmailResponse{Email: &pb.Email{EmailId: "id of " + request.GetRequestId()}}, nil
}

func answer(numbered *pb.SendEmailsRequest) *pb.SendEmailsResponse {
	response, _ := accept(numbered.GetRequest())
	return &pb.SendEmailsResponse{
		Index: numbered.GetIndex(), Result: &pb.SendEmailsResponse_Response{Response: response},
	}
}

func answerAll(stream pb.MailstromService_SendEmailsServer) error {
	for {
		numbered, err := stream.Recv()
		if err != nil {
			return nil
		}
		if err := stream.Send(answer(numbered)); err != nil {
			return err
		}
	}
}

func event(revision int64, cursor string) *pb.WatchStatusResponse {
	update := &pb.StatusEvent{EmailId: "a", Revision: revision}
	return &pb.WatchStatusResponse{Cursor: cursor, Update: &pb.WatchStatusResponse_Event{Event: update}}
}

// refusal is an error as the server makes it.
func refusal(code codes.Code, reason string, fields ...string) error {
	details := []protoadapt.MessageV1{&errdetails.ErrorInfo{Reason: reason, Domain: "mailstrom"}}
	if len(fields) > 0 {
		bad := &errdetails.BadRequest{}
		for _, field := range fields {
			bad.FieldViolations = append(bad.FieldViolations,
				&errdetails.BadRequest_FieldViolation{Field: field, Description: "is wrong"})
		}
		details = append(details, bad)
	}
	result, err := status.New(code, "refused").WithDetails(details...)
	if err != nil {
		panic(err)
	}
	return result.Err()
}

func within(t *testing.T, timeout time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), timeout)
	t.Cleanup(cancel)
	return ctx
}
