package mailstrom

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"math"
	"time"

	"google.golang.org/grpc"
	grpcbackoff "google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
)

type options struct {
	timeout        time.Duration
	reconnectLimit time.Duration
	silenceLimit   time.Duration
	transport      credentials.TransportCredentials
	dial           []grpc.DialOption
}

// Option changes how a [Client] works.
type Option func(*options)

// WithTLS encrypts the connection and verifies the server's certificate by roots, or by the system's when roots is nil. Without it
// the connection is in clear.
func WithTLS(roots *x509.CertPool) Option {
	return WithTransportCredentials(credentials.NewTLS(&tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}))
}

// WithTransportCredentials is for credentials of one's own, with a client's certificate, say.
func WithTransportCredentials(transport credentials.TransportCredentials) Option {
	return func(o *options) { o.transport = transport }
}

// WithAPIKey sends the key with each call, as a bearer token. Only over TLS: without it, calls fail.
func WithAPIKey(key string) Option {
	return WithDialOptions(grpc.WithPerRPCCredentials(bearer(key)))
}

// WithTimeout sets how long a call may take, all its tries together, whose context has no deadline. Default: 30 s.
func WithTimeout(timeout time.Duration) Option {
	return func(o *options) { o.timeout = timeout }
}

// WithReconnectLimit sets how long a watch tries to reach a server again that it had reached before. Default: 5 min.
func WithReconnectLimit(limit time.Duration) Option {
	return func(o *options) { o.reconnectLimit = limit }
}

// WithDialOptions adds options of gRPC's own, such as interceptors.
func WithDialOptions(dial ...grpc.DialOption) Option {
	return func(o *options) { o.dial = append(o.dial, dial...) }
}

func newOptions(given []Option) *options {
	o := &options{
		timeout:        30 * time.Second,
		reconnectLimit: 5 * time.Minute,
		// Servers send heartbeats more often.
		silenceLimit: time.Minute,
		transport:    insecure.NewCredentials(),
	}
	for _, option := range given {
		option(o)
	}
	return o
}

func (o *options) dialOptions() []grpc.DialOption {
	// The channel's own pauses must not outlast ours.
	pauses := grpcbackoff.Config{BaseDelay: initialPause, Multiplier: 1.6, Jitter: 0.2, MaxDelay: time.Second}
	return append([]grpc.DialOption{
		grpc.WithTransportCredentials(o.transport),
		grpc.WithConnectParams(grpc.ConnectParams{Backoff: pauses, MinConnectTimeout: 5 * time.Second}),
		// The status of an email with a thousand recipients is larger than gRPC's default limit allows.
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(math.MaxInt32), grpc.MaxCallSendMsgSize(math.MaxInt32)),
	}, o.dial...)
}

type bearer string

func (b bearer) GetRequestMetadata(context.Context, ...string) (map[string]string, error) {
	return map[string]string{"authorization": "Bearer " + string(b)}, nil
}

func (bearer) RequireTransportSecurity() bool { return true }
