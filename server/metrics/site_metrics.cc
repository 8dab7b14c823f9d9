#include "server/metrics/site_metrics.h"

namespace mailstrom::server {
namespace {

using delivery::SiteLoad;
using delivery::SitesReport;

void AddBySite(const SitesReport& report, const char* name, const char* help,
               int SiteLoad::* number, MetricFamilies& families) {
  families.push_back(MakeFamily(name, help, prometheus::MetricType::Gauge));
  for (const SiteLoad& site : report.busiest) {
    AddSample(families.back(), site.*number, {{"site", site.hosts}});
  }
  AddSample(families.back(), report.others.*number, {{"site", "other"}});
}

}  // namespace

void AddSiteMetrics(const SitesReport& report, MetricFamilies& families) {
  AddBySite(report, "mailstrom_site_attempts",
            "Attempts under way, for the sites with the most to do; the rest is `other`.",
            &SiteLoad::running, families);
  AddBySite(report, "mailstrom_site_attempt_limit",
            "Attempts that the site may have under way now: learnt from its replies, within the "
            "limits of the configuration, and 0 while it is suspended or its rate is used up.",
            &SiteLoad::limit, families);
  AddBySite(report, "mailstrom_site_waiting_recipients",
            "Recipients that are due and wait for the site.", &SiteLoad::waiting, families);
  AddBySite(report, "mailstrom_site_suspended",
            "1 while the site is left alone because it could not be spoken with or said so; of "
            "`other`, how many are.",
            &SiteLoad::suspended, families);
  families.push_back(MakeFamily("mailstrom_sites",
                                "Sites by state: known, suspended, and those where recipients wait "
                                "because no attempt more may begin.",
                                prometheus::MetricType::Gauge));
  AddSample(families.back(), report.known, {{"state", "known"}});
  AddSample(families.back(), report.suspended, {{"state", "suspended"}});
  AddSample(families.back(), report.at_limit, {{"state", "at_limit"}});
}

}  // namespace mailstrom::server
