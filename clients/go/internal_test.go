package mailstrom

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/mailstrom/mailstrom/clients/go/mailstrompb"
)

func TestPausesDoubleUpToFiveSeconds(t *testing.T) {
	want := []time.Duration{100, 200, 400, 800, 1600, 3200, 5000, 5000}
	for draw, factor := range map[float64]float64{0: 0.5, 1: 1} {
		pauses := backoff{draw: func() float64 { return draw }}
		for i, each := range want {
			if got := pauses.next(); got != time.Duration(factor*float64(each*time.Millisecond)) {
				t.Errorf("pause %d with draw %v: %v", i, draw, got)
			}
		}
		pauses.reset()
		if got := pauses.next(); got != time.Duration(factor*float64(initialPause)) {
			t.Errorf("after a reset: %v", got)
		}
	}
}

func TestNoPauseOutlastsTheTimeLimit(t *testing.T) {
	pauses := backoff{draw: func() float64 { return 1 }}
	if pauses.wait(t.Context(), time.Now().Add(90*time.Millisecond)) {
		t.Error("waited")
	}
}

func TestAWatchByIDShowsNothingTwice(t *testing.T) {
	now := time.Unix(1000, 0)
	state := newWatchState(&mailstrompb.WatchStatusRequest{EmailIds: []string{"a"}}, newOptions(nil), now)
	snapshot := &mailstrompb.WatchStatusResponse_Snapshot{Snapshot: &mailstrompb.Email{EmailId: "a", Revision: 5}}
	if !state.accept(&mailstrompb.WatchStatusResponse{Cursor: "c", Update: snapshot}) {
		t.Error("the snapshot is missing")
	}
	for _, step := range []struct {
		revision int64
		shown    bool
	}{{4, false}, {5, false}, {6, true}, {6, false}, {7, true}} {
		event := &mailstrompb.StatusEvent{EmailId: "a", Revision: step.revision}
		update := &mailstrompb.WatchStatusResponse_Event{Event: event}
		if got := state.accept(&mailstrompb.WatchStatusResponse{Update: update}); got != step.shown {
			t.Errorf("revision %d: shown %v", step.revision, got)
		}
	}
	heartbeat := &mailstrompb.WatchStatusResponse_Heartbeat{Heartbeat: &mailstrompb.Heartbeat{}}
	if state.accept(&mailstrompb.WatchStatusResponse{Cursor: "d", Update: heartbeat}) || state.request.GetCursor() != "d" {
		t.Error("a heartbeat moves the cursor and is not shown")
	}
}

func TestPatienceIsShortBeforeTheFirstResponseAndLongAfter(t *testing.T) {
	now := time.Unix(1000, 0)
	o := newOptions([]Option{WithTimeout(time.Second), WithReconnectLimit(time.Hour)})
	state := newWatchState(nil, o, now)
	if got := state.patience(now.Add(time.Minute)); got != now.Add(time.Second) {
		t.Errorf("before: %v", got)
	}
	state.accept(&mailstrompb.WatchStatusResponse{})
	later := now.Add(24 * time.Hour)
	for range 2 {
		if got := state.patience(later); got != later.Add(time.Hour) {
			t.Errorf("after: %v", got)
		}
	}
}

func TestWindowCountsRequestsAndBytes(t *testing.T) {
	w := window{size: 2}
	w.add(&mailstrompb.SendEmailRequest{})
	if !w.hasRoom() {
		t.Error("full with one of two")
	}
	w.add(&mailstrompb.SendEmailRequest{})
	if w.hasRoom() {
		t.Error("room for a third of two")
	}

	w = window{size: 100}
	raw := &mailstrompb.SendEmailRequest_RawMessage{RawMessage: make([]byte, maxWindowBytes)}
	w.add(&mailstrompb.SendEmailRequest{Message: raw})
	if w.hasRoom() {
		t.Error("room beside so large a message")
	}
	if _, fresh := w.settle(&mailstrompb.SendEmailsResponse{}); !fresh || !w.hasRoom() || !w.isEmpty() || w.bytes != 0 {
		t.Error("an answer makes room")
	}
	if _, fresh := w.settle(&mailstrompb.SendEmailsResponse{}); fresh {
		t.Error("answered twice")
	}
}

func TestMailboxesAreRead(t *testing.T) {
	for text, want := range map[string]*mailstrompb.Mailbox{
		"ann@a.test":                {Address: "ann@a.test"},
		"Ann <ann@a.test>":          {Address: "ann@a.test", DisplayName: "Ann"},
		`"Ärmel, Ann" <ann@a.test>`: {Address: "ann@a.test", DisplayName: "Ärmel, Ann"},
		"<ann@a.test>":              {Address: "ann@a.test"},
		"no address":                {Address: "no address"},
		"ann@@a.test":               {Address: "ann@@a.test"},
		"Ann <not an address>":      {Address: "Ann <not an address>"},
		"":                          {},
	} {
		if got := mailbox(text); !proto.Equal(got, want) {
			t.Errorf("%q: got %v", text, got)
		}
	}
}

func TestFilesAreAttached(t *testing.T) {
	folder := t.TempDir()
	for name, want := range map[string]string{
		"a.pdf": "application/pdf", "a.html": "text/html", "unknown": "application/octet-stream",
	} {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte{0, 255}, 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := AttachFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if got.GetFilename() != name || got.GetContentType() != want || string(got.GetData()) != "\x00\xff" {
			t.Errorf("got %v", got)
		}
	}
	if _, err := AttachFile(filepath.Join(folder, "nothing")); !os.IsNotExist(err) {
		t.Errorf("got %v", err)
	}
}
