#ifndef MAILSTROM_STORAGE_EMAIL_INDEX_H_
#define MAILSTROM_STORAGE_EMAIL_INDEX_H_

#include <string>
#include <utility>
#include <vector>

#include "storage/database.h"
#include "storage/records.h"
#include "storage/schema.h"

namespace mailstrom::storage {

// The keys of an email in the indexes from which lists are made.
std::vector<std::pair<Family, std::string>> IndexPlaces(const Email& email);

// Adds an email to these indexes.
void PutIntoIndexes(const Email& email, Database::Batch& batch);

}  // namespace mailstrom::storage

#endif  // MAILSTROM_STORAGE_EMAIL_INDEX_H_
