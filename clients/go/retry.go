package mailstrom

import (
	"context"
	"math/rand/v2"
	"time"
)

const (
	initialPause = 100 * time.Millisecond
	maxPause     = 5 * time.Second
)

// backoff has the pauses between tries: each doubled up to maxPause, and shortened by a random part of up to its half, so
// that callers who failed together do not come back together.
type backoff struct {
	// draw returns a number from 0 to 1; nil means a random one.
	draw  func() float64
	pause time.Duration
}

func (b *backoff) reset() { b.pause = 0 }

func (b *backoff) next() time.Duration {
	if b.pause == 0 {
		b.pause = initialPause
	}
	draw := rand.Float64
	if b.draw != nil {
		draw = b.draw
	}
	pause := time.Duration(float64(b.pause) * (0.5 + draw()/2))
	b.pause = min(2*b.pause, maxPause)
	return pause
}

// wait pauses before the next try; false, at once, when neither ctx nor the time until end leaves room for it.
func (b *backoff) wait(ctx context.Context, end time.Time) bool {
	pause := b.next()
	if deadline, ok := ctx.Deadline(); ok && deadline.Before(end) {
		end = deadline
	}
	if time.Until(end) <= pause {
		return false
	}
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
