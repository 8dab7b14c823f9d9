#include "server/metrics/store_metrics.h"

namespace mailstrom::server {

void AddStoreMetrics(const storage::Store& store, const storage::StoreLimits& limits,
                     MetricFamilies& families) {
  const storage::QueueTotals totals = store.Totals();
  AddGauge(families, "mailstrom_queue_emails", "Emails with a recipient that is not settled.",
           static_cast<double>(totals.emails));
  AddGauge(families, "mailstrom_queue_recipients", "Recipients that are not settled.",
           static_cast<double>(totals.recipients));
  AddGauge(families, "mailstrom_queue_bytes", "Bytes of the messages of queued emails.",
           static_cast<double>(totals.bytes));
  AddGauge(families, "mailstrom_queue_limit_emails",
           "Emails with which the queue is full (limits.max_queued_emails).",
           static_cast<double>(limits.max_queued_emails));
  AddGauge(families, "mailstrom_queue_limit_bytes",
           "Bytes of messages with which the queue is full (limits.max_queued_bytes).",
           static_cast<double>(limits.max_queued_bytes));
  AddGauge(families, "mailstrom_store_healthy", "1 while the store takes work, else 0.",
           store.Health().ok() ? 1 : 0);
  AddCounter(families, "mailstrom_events_total",
             "Changes of recipients in the event log since the store was made.",
             static_cast<double>(store.LastSequence()));
}

}  // namespace mailstrom::server
