package mailstrom

import (
	"maps"
	"mime"
	"net/mail"
	"os"
	"path/filepath"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/mailstrom/mailstrom/clients/go/mailstrompb"
)

// Email is an email from plain values. Mailboxes are `addr` or `Name <addr>`. Nothing is judged here: the server does,
// and names each field that is wrong.
type Email struct {
	From    string
	To      []string
	CC      []string
	BCC     []string
	ReplyTo []string
	Subject string
	Text    string
	HTML    string
	// Attachments; see [AttachFile].
	Attachments []*mailstrompb.Attachment
	// Headers are further header fields, in this order.
	Headers []*mailstrompb.HeaderField
	// Tags come back with the email and its events, and select what a watch or a list shows.
	Tags map[string]string
	// SendTime holds the email back until then; the zero time does not.
	SendTime time.Time
	// RequestID names the occasion, so that a repeated call cannot make a second email. Empty: a random one.
	RequestID string
}

// Request is the email as [Client.Send] and [Client.SendMany] take it. What has no field in Email can be set in the
// result.
func (e Email) Request() *mailstrompb.SendEmailRequest {
	content := &mailstrompb.Content{
		From:        addresses(e.From),
		To:          addresses(e.To...),
		Cc:          addresses(e.CC...),
		Bcc:         addresses(e.BCC...),
		ReplyTo:     addresses(e.ReplyTo...),
		Subject:     e.Subject,
		Text:        e.Text,
		Html:        e.HTML,
		Attachments: e.Attachments,
		Headers:     e.Headers,
	}
	request := &mailstrompb.SendEmailRequest{
		RequestId: e.RequestID,
		Message:   &mailstrompb.SendEmailRequest_Content{Content: content},
		Tags:      maps.Clone(e.Tags),
	}
	if !e.SendTime.IsZero() {
		request.SendTime = timestamppb.New(e.SendTime)
	}
	return request
}

// AttachFile reads the file at path; its name and its media type go by the path.
func AttachFile(path string) (*mailstrompb.Attachment, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	name := filepath.Base(path)
	return &mailstrompb.Attachment{Filename: name, ContentType: mediaType(name), Data: data}, nil
}

func mediaType(name string) string {
	if guess := mime.TypeByExtension(filepath.Ext(name)); guess != "" {
		// Without a charset: nobody has looked into the file.
		kind, _, _ := strings.Cut(guess, ";")
		return kind
	}
	return "application/octet-stream"
}

func addresses(mailboxes ...string) []*mailstrompb.Address {
	var result []*mailstrompb.Address
	for _, text := range mailboxes {
		result = append(result, &mailstrompb.Address{Kind: &mailstrompb.Address_Mailbox{Mailbox: mailbox(text)}})
	}
	return result
}

func mailbox(text string) *mailstrompb.Mailbox {
	if strings.HasSuffix(strings.TrimSpace(text), ">") {
		if parsed, err := mail.ParseAddress(text); err == nil {
			return &mailstrompb.Mailbox{Address: parsed.Address, DisplayName: parsed.Name}
		}
	}
	// What is not `Name <addr>` goes as it is, for the server to judge.
	return &mailstrompb.Mailbox{Address: text}
}
