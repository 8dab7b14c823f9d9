//! When to try again.

use std::time::Duration;

use tokio::time::Instant;

const INITIAL_PAUSE: Duration = Duration::from_millis(100);
const MAX_PAUSE: Duration = Duration::from_secs(5);

/// A time limit over several tries.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline(Option<Instant>);

impl Deadline {
    /// Without a limit, or with one of centuries, it never ends.
    pub(crate) fn after(limit: Option<Duration>) -> Self {
        Self(limit.and_then(|limit| Instant::now().checked_add(limit)))
    }

    /// Time left; None when it never ends.
    pub(crate) fn rest(&self) -> Option<Duration> {
        self.0.map(|end| end.saturating_duration_since(Instant::now()))
    }

    pub(crate) fn is_over(&self) -> bool {
        self.rest() == Some(Duration::ZERO)
    }

    /// The output of the future, or None when time is up before.
    pub(crate) async fn limit<F: Future>(&self, future: F) -> Option<F::Output> {
        match self.0 {
            Some(end) => tokio::time::timeout_at(end, future).await.ok(),
            None => Some(future.await),
        }
    }
}

/// Pauses between tries: 100 ms, doubled up to 5 s, each shortened by a random part of up to its half, so that
/// callers who failed together do not come back together.
#[derive(Debug)]
pub(crate) struct Backoff {
    pause: Duration,
    /// Numbers from 0 to 1.
    draw: fn() -> f64,
}

impl Backoff {
    pub(crate) fn new() -> Self {
        Self::with_draw(rand::random::<f64>)
    }

    pub(crate) fn with_draw(draw: fn() -> f64) -> Self {
        Self {
            pause: INITIAL_PAUSE,
            draw,
        }
    }

    /// Starts anew, after a success.
    pub(crate) fn reset(&mut self) {
        self.pause = INITIAL_PAUSE;
    }

    /// How long to wait before the next try; None when the deadline leaves no time for it.
    pub(crate) fn next_pause(&mut self, deadline: &Deadline) -> Option<Duration> {
        let pause = self.pause.mul_f64(0.5 + (self.draw)() / 2.0);
        self.pause = MAX_PAUSE.min(2 * self.pause);
        deadline.rest().is_none_or(|rest| rest > pause).then_some(pause)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_five_seconds() {
        for (draw, percent) in [((|| 0.0) as fn() -> f64, 50), (|| 1.0, 100)] {
            let mut backoff = Backoff::with_draw(draw);
            let forever = Deadline::after(None);
            let pauses: Vec<_> = (0..8)
                .map(|_| backoff.next_pause(&forever).unwrap().as_millis())
                .collect();
            let expected = [100, 200, 400, 800, 1600, 3200, 5000, 5000].map(|each| each * percent / 100);
            assert_eq!(pauses, expected);
            backoff.reset();
            assert_eq!(backoff.next_pause(&forever).unwrap().as_millis(), percent);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn no_pause_outlasts_the_deadline() {
        let deadline = Deadline::after(Some(Duration::from_millis(250)));
        let mut backoff = Backoff::with_draw(|| 1.0);
        assert_eq!(backoff.next_pause(&deadline), Some(Duration::from_millis(100)));
        tokio::time::advance(Duration::from_millis(100)).await;
        assert_eq!(backoff.next_pause(&deadline), None);
        assert_eq!(deadline.rest(), Some(Duration::from_millis(150)));
        assert_eq!(deadline.limit(std::future::ready(7)).await, Some(7));
        assert_eq!(deadline.limit(std::future::pending::<()>()).await, None);
        assert!(deadline.is_over());
    }

    #[test]
    fn a_limit_of_centuries_never_ends() {
        assert!(Deadline::after(Some(Duration::MAX)).rest().is_none());
    }
}
