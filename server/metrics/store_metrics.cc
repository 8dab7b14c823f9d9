#include "server/metrics/store_metrics.h"

#include <algorithm>

#include "server/metrics/histogram_family.h"

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

void AddEmbeddedStoreMetrics(storage::EmbeddedStore& store, absl::Time now,
                             MetricFamilies& families) {
  const absl::StatusOr<absl::Time> oldest = store.OldestQueued();
  if (oldest.ok()) {
    AddGauge(families, "mailstrom_queue_oldest_age_seconds",
             "Age of the oldest email that is not settled; 0 when all are.",
             std::max(absl::ToDoubleSeconds(now - std::min(*oldest, now)), 0.0));
  }
  AddHistogram(families, "mailstrom_store_commit_duration_seconds",
               "Time for a write that is synced to the disk; calls that come together share one.",
               store.write_times().write);
  AddHistogram(families, "mailstrom_store_sync_duration_seconds",
               "The part of a write that the disk took to sync.", store.write_times().sync);
  families.push_back(MakeFamily("mailstrom_store_failures_total",
                                "Reads and writes of the disk that failed.",
                                prometheus::MetricType::Counter));
  AddSample(families.back(), static_cast<double>(store.failures().reads), {{"operation", "read"}});
  AddSample(families.back(), static_cast<double>(store.failures().writes),
            {{"operation", "write"}});
  const storage::StoreMemory memory = store.memory();
  families.push_back(MakeFamily("mailstrom_store_memory_bytes",
                                "Memory of the store by what it is for.",
                                prometheus::MetricType::Gauge));
  AddSample(families.back(), static_cast<double>(memory.memtables), {{"kind", "memtables"}});
  AddSample(families.back(), static_cast<double>(memory.block_cache), {{"kind", "block_cache"}});
  AddSample(families.back(), static_cast<double>(memory.table_readers),
            {{"kind", "table_readers"}});
}

}  // namespace mailstrom::server
