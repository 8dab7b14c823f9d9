// Command example sends an email with an attachment and follows it until each recipient is settled. The server is at
// $MAILSTROM_SERVER, by default 127.0.0.1:2626.
package main

import (
	"cmp"
	"context"
	"fmt"
	"log"
	"os"
	"strings"
	"time"

	mailstrom "github.com/mailstrom/mailstrom/clients/go"
	pb "github.com/mailstrom/mailstrom/clients/go/mailstrompb"
)

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := run(ctx); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context) error {
	client, err := mailstrom.NewClient(cmp.Or(os.Getenv("MAILSTROM_SERVER"), "127.0.0.1:2626"))
	if err != nil {
		return err
	}
	defer client.Close()

	// mailstrom.AttachFile makes one from a file.
	report := &pb.Attachment{Filename: "report.csv", ContentType: "text/csv", Data: []byte("month,emails\nMarch,1000\n")}
	sent, err := client.Send(ctx, mailstrom.Email{
		From:        "Ann <ann@sender.test>",
		To:          []string{"Bob <bob@receiver.test>", "refused@receiver.test"},
		Subject:     "The report of March",
		Text:        "See the attachment.\n",
		HTML:        "<p>See the <b>attachment</b>.</p>\n",
		Attachments: []*pb.Attachment{report},
		Tags:        map[string]string{"kind": "example"},
	}.Request())
	if err != nil {
		return err
	}
	id := sent.GetEmail().GetEmailId()
	fmt.Println("accepted", id)

	for response, err := range client.Watch(ctx, &pb.WatchStatusRequest{EmailIds: []string{id}}) {
		if err != nil {
			return err
		}
		for _, recipient := range response.GetSnapshot().GetRecipients() {
			show(recipient)
		}
		if event := response.GetEvent(); event != nil {
			show(event.GetRecipient())
		}
	}
	return nil
}

// show prints where a recipient stands, and what the mail server said.
func show(recipient *pb.Recipient) {
	state := strings.TrimPrefix(recipient.GetState().String(), "STATE_")
	fmt.Println(recipient.GetAddress(), state, recipient.GetLastAttempt().GetReply().GetText())
}
